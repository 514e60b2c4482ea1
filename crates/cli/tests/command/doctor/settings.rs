//! Settings that are missing, wrong or unreadable.

use super::{Plant, find_each};

#[test]
fn each_setting_that_is_not_right_is_found() {
    find_each(&[
        Plant::new("no token", |ward| ward.unset("SLACK_BOT_TOKEN"), "SLACK_BOT_TOKEN", "OAuth & Permissions"),
        Plant::new(
            "no owner",
            |ward| ward.unset("GITHUB_OWNER"),
            "GITHUB_OWNER",
            "Set GITHUB_OWNER in the environment",
        ),
        Plant::new(
            "a repository with its owner",
            |ward| ward.set("GITHUB_REPO", "a/b"),
            "GITHUB_REPO",
            "Set GITHUB_REPO",
        ),
        Plant::new(
            "hours that are none",
            |ward| ward.set("DISPATCH_WORKING_HOURS", "whenever"),
            "DISPATCH_WORKING_HOURS",
            "Set DISPATCH_WORKING_HOURS",
        ),
        Plant::new(
            "a sender without an address",
            |ward| ward.set("PAGERDUTY_FROM_ADDRESS", "nobody"),
            "PAGERDUTY_FROM_ADDRESS",
            "never on call",
        ),
        Plant::new("no topic", |ward| ward.unset("DISPATCH_TOPIC_ARN"), "DISPATCH_TOPIC_ARN", "outputs"),
        Plant::new(
            "no store",
            |ward| ward.unset("DISPATCH_STORE_URL"),
            "DISPATCH_STORE_URL",
            "s3:// and the name of the bucket",
        ),
        Plant::new(
            "ciphertext that cannot be decrypted",
            |ward| ward.set("PAGERDUTY_API_KEY", "secure:AAAA"),
            "PAGERDUTY_API_KEY",
            "Allow kms:Decrypt",
        ),
        Plant::new(
            "a key of an app that is none",
            |ward| {
                ward.set("GITHUB_APP_ID", "4711");
                ward.set("GITHUB_APP_PRIVATE_KEY", "-----BEGIN RSA PRIVATE KEY-----");
            },
            "GITHUB_APP_PRIVATE_KEY",
            "Generate one under Private keys",
        ),
    ]);
}
