//! The small pages that links to issues and incidents lead people to.

/// A page with a title, a line of facts, and HTML that is safe already.
pub(super) fn page(title: &str, facts: &str, safe_body: &str) -> String {
    let (title, facts) = (escaped(title), escaped(facts));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui;max-width:45rem;margin:2rem auto;\
         padding:0 1rem;overflow-wrap:anywhere}}article{{border-top:1px solid gray}}pre{{overflow:auto}}</style>\n\
         <h1>{title}</h1>\n<p>{facts}</p>\n{safe_body}\n</html>\n"
    )
}

/// Text as it stands in HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
