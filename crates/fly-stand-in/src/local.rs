//! The real client's way to Fly in this very process.

use std::sync::Arc;

use deploy::machines::{self, Lost, Transport};

use crate::act::Request;
use crate::shared::Shared;

/// Carries calls to a Fly in this process, without a network.
#[derive(Clone)]
pub struct Local(pub Arc<Shared>);

impl Transport for Local {
    async fn send(&self, request: machines::Request) -> Result<machines::Answer, Lost> {
        let request = Request {
            method: request.method.as_str().to_owned(),
            path: request.path,
            nonce: request.nonce.map(|nonce| nonce.expose().to_owned()),
            body: request.body,
        };
        let answer = self.0.carry(&request).await;
        let answer = answer.ok_or_else(|| Lost::Cut("cut, as the plan of faults has it".to_owned()))?;
        Ok(machines::Answer {
            status: answer.status,
            request_id: Some(answer.request_id),
            retry_after: answer.retry_after_s.map(|seconds| seconds.to_string()),
            body: answer.body.into_bytes(),
        })
    }
}
