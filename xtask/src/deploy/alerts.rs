//! The alert rules as the objects that clusters take: the rules file, indented under a head.

/// An object that holds the rules.
pub(super) struct Object {
    /// Its file, under `deploy/`.
    pub(super) file: &'static str,
    api: &'static str,
    kind: &'static str,
}

pub(super) const OBJECTS: [Object; 2] = [
    Object {
        file: "overlays/gke/rules.yaml",
        api: "monitoring.googleapis.com/v1",
        kind: "Rules",
    },
    Object {
        file: "overlays/prometheus-operator/prometheusrule.yaml",
        api: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
    },
];

impl Object {
    /// The object with these rules. The comments before the first group are about the file, and stay there.
    pub(super) fn text(&self, rules: &str) -> String {
        let mut text = format!(
            "# Made from alerts/tlsmon.rules.yaml: cargo xtask generate deploy\n\
             apiVersion: {}\nkind: {}\nmetadata:\n  name: tlsmon\n  labels:\n    app.kubernetes.io/name: tlsmon\nspec:\n",
            self.api, self.kind
        );
        for line in rules.lines().skip_while(|line| line.starts_with('#')) {
            if !line.is_empty() {
                text.push_str("  ");
            }
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_indented_under_a_head_without_the_comments_about_their_file() {
        let text = OBJECTS[1].text("# about the file\ngroups:\n  - name: one\n\n    # why\n");
        assert!(
            text.ends_with("spec:\n  groups:\n    - name: one\n\n      # why\n"),
            "{text}"
        );
        assert!(text.contains("kind: PrometheusRule\n"), "{text}");
    }
}
