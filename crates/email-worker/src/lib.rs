//! Sends the mails of the outbox through Resend: at most once each as far as anybody can know, and never lost.
//!
//! [`protocol`] decides and never waits; [`worker`] is the shell around it. [`store`] runs the statements, [`letters`]
//! writes what people read, [`resend`] posts it.

pub mod key_check;
pub mod letters;
pub mod protocol;
pub mod resend;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod worker;
