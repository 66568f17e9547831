//! What a secret made: a mailed link that nobody has followed yet, and a session.

use boardctl::smoke_test::Inbox;
use contracts::answers::Session;
use contracts::calls::{BeginSession, GetMe, MyApplications, RefreshSession, SignIn};
use platform::http::client::{Client, stack};
use testbed::board::Part;

use super::stage::Stage;

/// Kept from one moment, to be used in another.
pub(super) struct Keepsake {
    link: String,
    session: Session,
}

impl Keepsake {
    /// Made by any machine that is routed to.
    pub(super) async fn take(stage: &Stage) -> Self {
        let link = mailed(stage).await;
        let token = mailed(stage).await;
        let (url, call) = (stage.one(Part::Api), BeginSession { token });
        let session = Client::new(stage.http.clone(), (*url).clone()).send(&call).await.expect("a session");
        Self { link, session }
    }

    /// Has readers come with it.
    pub(super) fn hold(&self, stage: &Stage) {
        stage.hold(self.session.access_token.clone());
    }

    /// Uses all of it up, the access token at each machine; what was refused.
    pub(super) async fn refused(&self, stage: &Stage) -> Vec<&'static str> {
        let at = |url: &url::Url| Client::new(stage.http.clone(), url.clone());
        let signed_in = |url: &url::Url| at(url).with_token(self.session.access_token.clone().into());
        let mut refused = Vec::new();
        for url in stage.routed(Part::Api) {
            refused.extend(signed_in(&url).send(&GetMe {}).await.err().map(|_| "an access token at api"));
        }
        for url in stage.routed(Part::Applications) {
            let mine = signed_in(&url).send(&MyApplications { limit: 1, cursor: None }).await;
            refused.extend(mine.err().map(|_| "an access token at applications"));
        }
        let api = at(&stage.one(Part::Api));
        let begun = api.send(&BeginSession { token: self.link.clone() }).await;
        refused.extend(begun.err().map(|_| "a mailed link"));
        let renewed = api.send(&RefreshSession { refresh_token: self.session.refresh_token.clone() }).await;
        refused.extend(renewed.err().map(|_| "a refresh token"));
        refused
    }
}

/// A part of an address that nobody else has.
pub(super) fn unique() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The token of a link to somebody new.
async fn mailed(stage: &Stage) -> String {
    let email = format!("{}@example.com", unique());
    let url = stage.one(Part::Api);
    let api = Client::new(stack().expect("a client"), (*url).clone());
    api.send(&SignIn { email: email.clone() }).await.expect("a mail is on its way");
    Inbox::new(stage.http.clone(), stage.inbox()).sign_in_token(&email).await.expect("it arrives")
}
