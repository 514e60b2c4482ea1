// Messages as the predecessor's publishers write them.

/** One person is asked; known by names alone. */
export const selfService = {
  type: "self-service",
  users: [{ slack: "jane", github: "jane" }],
  body: {
    github: { title: "jane: a new device signed in", body: "A device that was never seen before." },
    slack: {
      message: "A new device signed in with your account.",
      prompt: "Was this you?",
      actions: { yes: "Yes", yes_response: "Good to hear.", no: "No", no_response: "Somebody will look at it." },
    },
  },
};

/** Two people are asked. */
export const broadcast = {
  type: "broadcast",
  users: [
    { slack: "jane", github: "jane" },
    { slack: "joe", github: "joe" },
  ],
  body: {
    github: { title: "Laptops must be encrypted", body: "By the end of the month." },
    slack: { message: "Laptops must be encrypted.", prompt: "Is yours?", actions: { yes: "Yes", no: "Not yet" } },
  },
};

/** The earliest name of the type, and the service named in the body. */
export const high = {
  type: "high",
  body: { pagerduty: { service: "PDEF456", title: "The database is gone", body: "Nothing answers." } },
};
