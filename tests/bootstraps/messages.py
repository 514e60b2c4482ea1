"""One message of each type, with a title of its own."""


def asking(kind, title, *handles):
    """A message that asks people, known by their handles alone."""
    return {
        "type": kind,
        "users": [{"slack": handle, "github": handle} for handle in handles],
        "body": {
            "github": {"title": title, "body": "What the monitoring saw.", "labels": ["access"]},
            "slack": {
                "message": f"{title}.",
                "prompt": "Was this you?",
                "actions": {
                    "yes": "Yes",
                    "yes_response": "Good to hear.",
                    "no": "No",
                    "no_response": "Somebody will look at it.",
                },
            },
        },
    }


def page(title, service=None):
    body = {"title": title, "body": "Nothing answers."}
    if service:
        body["service"] = service
    return {"type": "high-priority", "body": {"pagerduty": body}}


def log(title):
    github = {"title": title, "body": "Rotate it.", "labels": ["hygiene"]}
    return {"type": "low-priority", "users": [{"github": "sam"}], "body": {"github": github}}


def nag(title, *identities):
    return {
        "type": "nag",
        "users": [{"slackId": identity} for identity in identities],
        "body": {"github": {"title": title, "body": "Still."}, "slack": {"message": f"{title}, still."}},
    }
