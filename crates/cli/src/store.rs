//! The store that the environment names.

use std::{env, sync::Arc};

use dispatch_engine::ports::Store;
use dispatch_services::{aws, aws::Aws, store};

use crate::target;

const URL: &str = "DISPATCH_STORE_URL";

/// Opens it. Calls nobody yet.
///
/// # Errors
/// Why there is none within reach, on one line.
pub(crate) async fn open() -> Result<Arc<dyn Store>, String> {
    let lookup = |name: &str| env::var(name).ok();
    if lookup(URL).is_none_or(|url| url.trim().is_empty()) {
        return Err(format!("{URL} is not set"));
    }
    let told = |problem: String| problem.replace('\n', "; ");
    let settings = target::read(&[store::SETTINGS, aws::SETTINGS], lookup).await;
    let settings = settings.map_err(|problems| told(problems.to_string()))?;
    let aws = match store::needs_aws(&settings) {
        true => Some(Aws::connect(&settings).await.map_err(|unusable| told(unusable.to_string()))?),
        false => None,
    };
    store::connect(&settings, aws.as_ref()).map_err(|problem| told(problem.to_string()))
}
