//! The store that the environment names.

use std::{env, sync::Arc};

use dispatch_engine::ports::Store;
use dispatch_services::{aws, aws::Aws, store};
use url::Url;

use crate::target;

const URL: &str = "DISPATCH_STORE_URL";

/// Opens it to look into. Calls nobody yet, and makes nothing.
///
/// # Errors
/// Why there is none within reach, on one line.
pub(crate) async fn open() -> Result<Arc<dyn Store>, String> {
    let lookup = |name: &str| env::var(name).ok();
    let url = lookup(URL).filter(|url| !url.trim().is_empty()).ok_or_else(|| format!("{URL} is not set"))?;
    is_there(url.trim())?;
    let told = |problem: String| problem.replace('\n', "; ");
    let settings = target::read(&[store::SETTINGS, aws::SETTINGS], lookup).await;
    let settings = settings.map_err(|problems| told(problems.to_string()))?;
    let aws = match store::needs_aws(&settings) {
        true => Some(Aws::connect(&settings).await.map_err(|unusable| told(unusable.to_string()))?),
        false => None,
    };
    store::connect(&settings, aws.as_ref()).map_err(|problem| told(problem.to_string()))
}

/// What would be empty for this process alone is not taken for a store where nothing waits.
fn is_there(url: &str) -> Result<(), String> {
    let Ok(parsed) = Url::parse(url) else { return Ok(()) };
    let folder = (parsed.scheme() == "file").then(|| parsed.to_file_path().ok()).flatten();
    match folder {
        _ if parsed.scheme() == "memory" => Err(format!("{URL} is {url}, which no other process can look into")),
        Some(folder) if !folder.is_dir() => Err(format!("{URL} is {url}, and there is no such folder")),
        _ => Ok(()),
    }
}
