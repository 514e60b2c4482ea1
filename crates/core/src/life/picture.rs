//! The life, as a picture for people.

/// What `dispatch life` prints and README shows.
pub const PICTURE: &str = "\
\x20message ──> received ──── issue opened ────> open ──── everyone told ────> told
                │                              │
                │                              └─────── people asked ─────> asked
     an issue stands already                                                  │
                │                                                         yes or no
                v                                                             v
              stood                           closed <──── all yes ─────── answered
        (the repeat is counted)                                               │
                                                                             no
                                                                              v
 high-priority message ─────────────── page alone ───────────────────────>  paged
                                                                   (the issue stays open)

 A no pages at once, whoever has yet to answer. An alarm for nobody is told once its issue
 is open. Closing the issue by hand ends the life: every state leads to closed.
";

/// Every change of state, by name: from, to.
#[cfg(test)]
pub(super) const CHANGES: &[(&str, &str)] = &[
    ("answered", "closed"),
    ("answered", "paged"),
    ("asked", "answered"),
    ("asked", "closed"),
    ("asked", "paged"),
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
