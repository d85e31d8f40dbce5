//! Every page is complete, and what it refers to is there.

use std::collections::BTreeSet;

use super::*;

/// The titles of a page's sections.
fn headings(page: &str) -> Vec<&str> {
    page.lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect()
}

/// What stands under a heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// The targets of a page's links.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
}

#[test]
fn every_page_has_its_title_and_every_section_in_order() {
    for cause in Cause::ALL {
        let page = guide(*cause).page();
        assert!(page.starts_with(&format!("# {cause}\n\n")), "{cause}");
        assert_eq!(headings(page), Guide::HEADINGS, "{cause}");
        for heading in Guide::HEADINGS {
            let text = section(page, heading);
            assert!(
                text.split_whitespace().count() > 15,
                "{cause}: {heading}: {text}"
            );
        }
    }
}

#[test]
fn every_page_says_what_it_means_and_what_to_do_next() {
    for cause in Cause::ALL {
        let guide = guide(*cause);
        assert!(
            guide.summary().ends_with('.'),
            "{cause}: {}",
            guide.summary()
        );
        assert!(
            guide.summary().len() < 120 && !guide.summary().contains('\n'),
            "{cause}"
        );
        assert!(guide.meaning().len() >= guide.summary().len(), "{cause}");
        let next = guide.next();
        assert!(
            next.len() > 20 && !next.ends_with('.') && !next.contains('`'),
            "{cause}: {next}"
        );
    }
}

#[test]
fn every_page_draws_the_wire_with_client_and_server() {
    for cause in Cause::ALL {
        let wire = section(guide(*cause).page(), "On the wire");
        let drawing = wire.split("```").nth(1).unwrap();
        let heads = drawing.lines().nth(1).unwrap();
        assert!(
            heads.contains("client") && heads.contains("server"),
            "{cause}: {heads}"
        );
        assert!(drawing.contains("->") || drawing.contains("-x"), "{cause}");
        assert!(drawing.lines().all(|line| line.len() <= 76), "{cause}");
    }
}

#[test]
fn every_page_but_the_last_resort_tells_how_it_is_confirmed_by_a_command() {
    for cause in Cause::ALL {
        assert!(
            section(guide(*cause).page(), "How to confirm it").contains("```"),
            "{cause}"
        );
    }
}

#[test]
fn every_link_leads_to_a_page() {
    let pages: BTreeSet<String> = Cause::ALL
        .iter()
        .map(|cause| format!("{cause}.md"))
        .collect();
    for cause in Cause::ALL {
        let near: Vec<_> = links(section(guide(*cause).page(), "What it is not")).collect();
        assert!(!near.is_empty(), "{cause} is told from none");
        assert!(
            !near.contains(&format!("{cause}.md").as_str()),
            "{cause} links to itself"
        );
        for link in links(guide(*cause).page()) {
            assert!(pages.contains(link), "{cause} links to {link}");
        }
    }
}

#[test]
fn the_overview_has_every_cause_once_with_what_its_page_says() {
    for cause in Cause::ALL {
        let entry = format!("- [{cause}]({cause}.md): {}\n", guide(*cause).summary());
        assert_eq!(
            Guide::OVERVIEW.matches(&entry).count(),
            1,
            "docs/causes/README.md lacks\n{entry}"
        );
    }
    let entries = Guide::OVERVIEW
        .lines()
        .filter(|line| line.starts_with("- "))
        .count();
    assert_eq!(entries, Cause::ALL.len());
}
