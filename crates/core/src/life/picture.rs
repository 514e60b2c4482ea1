//! The life, as a picture for people.

/// What `dispatch life` prints and README shows.
pub const PICTURE: &str = "\
\x20message ──> received ──── issue opened ────> open ──── everyone told ────> told
                │                              │
                │                              └─────── people asked ─────> asked ─────┐
     an issue stands already                                                  │        │
                │                                                         yes or no    │
                v                                                             v        │
              stood                           closed <──── all yes ─────── answered    │
        (the repeat is counted)               │    ^                          │        │
                                              │    │                         no     silence
                                         reopened  │                          v        │
                                              │    └─────── late yes ────── paged <────┘
                                              v                               ^
                                         handed-back                          │
                                                                              │
 high-priority message ─────────────── page alone ────────────────────────────┘
                                                                   (the issue stays open)

 A no pages at once, whoever has yet to answer. Silence pages at the end of its escalation,
 and a late yes closes when nobody has taken the page. An alarm for nobody is told once its
 issue is open. Closing the issue by hand ends the life: every state leads to closed. Whoever
 opens it again has it.
";

/// Every change of state, by name: from, to.
#[cfg(test)]
pub(super) const CHANGES: &[(&str, &str)] = &[
    ("answered", "closed"),
    ("answered", "paged"),
    ("asked", "answered"),
    ("asked", "closed"),
    ("asked", "paged"),
    ("closed", "handed-back"),
    ("handed-back", "closed"),
    ("open", "answered"),
    ("open", "asked"),
    ("open", "closed"),
    ("open", "paged"),
    ("open", "told"),
    ("paged", "closed"),
    ("received", "closed"),
    ("received", "open"),
    ("received", "stood"),
    ("received", "told"),
    ("stood", "closed"),
    ("told", "closed"),
];
