//! Each endpoint as its caller sees it.

use platform::http::client::{Call, Method};
use serde_json::{Value, json};

use crate::answers::{Application, Applied, Company, Job, Page, Person, ReceivedApplication, Session};
use crate::ids::{CompanyId, JobId};

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* } = $method:ident $route:literal
        => $answer:ty, |$at:pat_param| $path:expr, |$of:pat_param| $body:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type),* }

        impl Call for $name {
            type Answer = $answer;
            const METHOD: Method = Method::$method;
            const ROUTE: &'static str = $route;

            fn path(&self) -> String {
                let $at = self;
                $path
            }

            fn body(&self) -> Option<Value> {
                let $of = self;
                $body
            }
        }
    )*};
}

calls! {
    /// Asks for a mail with a link. `()` for every address, so that nobody learns who is a member.
    SignIn { /// The address.
        email: String } = POST "/v1/sign-in" => (),
        |_| "/v1/sign-in".to_owned(), |call| Some(json!({ "email": call.email }));
    /// Begins a session with the token from that mail.
    BeginSession { /// The token.
        token: String } = POST "/v1/sessions" => Session,
        |_| "/v1/sessions".to_owned(), |call| Some(json!({ "token": call.token }));
    /// Renews a session: new tokens, in place of the old refresh token.
    RefreshSession { /// The newest refresh token.
        refresh_token: String } = POST "/v1/sessions/refresh" => Session,
        |_| "/v1/sessions/refresh".to_owned(), |call| Some(json!({ "refresh_token": call.refresh_token }));
    /// Ends the caller's session. Its access tokens stay good until they expire.
    EndSession {} = DELETE "/v1/sessions/current" => (), |_| "/v1/sessions/current".to_owned(), |_| None;
    /// Who is signed in.
    GetMe {} = GET "/v1/me" => Person, |_| "/v1/me".to_owned(), |_| None;
    /// Sets the name.
    PatchMe { /// The name.
        name: String } = PATCH "/v1/me" => Person,
        |_| "/v1/me".to_owned(), |call| Some(json!({ "name": call.name }));
    /// Makes a company; the caller becomes its member.
    PostCompany { /// The company's fields.
        fields: Value } = POST "/v1/companies" => Company,
        |_| "/v1/companies".to_owned(), |call| Some(call.fields.clone());
    /// A company.
    GetCompany { /// Which.
        id: CompanyId } = GET "/v1/companies/{id}" => Company,
        |call| format!("/v1/companies/{}", call.id), |_| None;
    /// Changes a company.
    PatchCompany { /// Which.
        id: CompanyId, /// The fields that change.
        fields: Value } = PATCH "/v1/companies/{id}" => Company,
        |call| format!("/v1/companies/{}", call.id), |call| Some(call.fields.clone());
    /// Makes a job, as a draft.
    PostJob { /// The job's fields.
        fields: Value } = POST "/v1/jobs" => Job,
        |_| "/v1/jobs".to_owned(), |call| Some(call.fields.clone());
    /// Changes a job.
    PatchJob { /// Which.
        id: JobId, /// The fields that change.
        fields: Value } = PATCH "/v1/jobs/{id}" => Job,
        |call| format!("/v1/jobs/{}", call.id), |call| Some(call.fields.clone());
    /// Shows a job to everybody.
    PublishJob { /// Which.
        id: JobId } = POST "/v1/jobs/{id}/publish" => Job,
        |call| format!("/v1/jobs/{}/publish", call.id), |_| None;
    /// Takes no more applications for a job.
    CloseJob { /// Which.
        id: JobId } = POST "/v1/jobs/{id}/close" => Job,
        |call| format!("/v1/jobs/{}/close", call.id), |_| None;
    /// A job.
    GetJob { /// Which.
        id: JobId } = GET "/v1/jobs/{id}" => Job,
        |call| format!("/v1/jobs/{}", call.id), |_| None;
    /// Published jobs, newest first.
    ListJobs { /// How many, 1 to 100.
        limit: usize, /// Where the last page ended.
        cursor: Option<String> } = GET "/v1/jobs" => Page<Job>,
        |call| paged("/v1/jobs", call.limit, call.cursor.as_deref()), |_| None;
    /// Applies for a job.
    Apply { /// Which job.
        job_id: JobId, /// The letter.
        letter: String } = POST "/v1/jobs/{id}/applications" => Applied,
        |call| format!("/v1/jobs/{}/applications", call.job_id), |call| Some(json!({ "letter": call.letter }));
    /// The caller's own applications, newest first.
    MyApplications { /// How many, 1 to 100.
        limit: usize, /// Where the last page ended.
        cursor: Option<String> } = GET "/v1/applications" => Page<Application>,
        |call| paged("/v1/applications", call.limit, call.cursor.as_deref()), |_| None;
    /// A job's applications, for the company's members, newest first.
    JobApplications { /// Which job.
        job_id: JobId, /// How many, 1 to 100.
        limit: usize, /// Where the last page ended.
        cursor: Option<String> } = GET "/v1/jobs/{id}/applications" => Page<ReceivedApplication>,
        |call| paged(&format!("/v1/jobs/{}/applications", call.job_id), call.limit, call.cursor.as_deref()), |_| None;
}

fn paged(path: &str, limit: usize, cursor: Option<&str>) -> String {
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    format!("{path}?limit={limit}{cursor}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_where_the_last_one_ended() {
        let call = ListJobs { limit: 20, cursor: Some("abc".to_owned()) };
        assert_eq!(call.path(), "/v1/jobs?limit=20&cursor=abc");
    }

    #[test]
    fn a_call_without_a_body_has_none() {
        assert_eq!(GetMe {}.body(), None);
        assert_eq!(PatchMe { name: "Ada".to_owned() }.body(), Some(json!({ "name": "Ada" })));
    }
}
