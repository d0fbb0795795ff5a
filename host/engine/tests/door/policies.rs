//! Policies made for a test, and the sets that most stories use.

/// One policy file.
#[derive(Clone)]
pub(crate) struct PolicyFile {
    id: String,
    stage: &'static str,
    on: &'static str,
    status: &'static str,
    from: &'static str,
    body: String,
    on_missing: &'static str,
    accepts: Option<&'static str>,
}

impl PolicyFile {
    /// A policy of the stage `decision` with this body: `match`, `rules`, `plugin`.
    pub(crate) fn new(id: &str, on: &'static str, body: &str) -> PolicyFile {
        PolicyFile {
            id: id.to_owned(),
            stage: "decision",
            on,
            status: "enforced",
            from: "2026-01-01T00:00:00Z",
            body: body.to_owned(),
            on_missing: "hold",
            accepts: None,
        }
    }

    pub(crate) fn stage(self, stage: &'static str) -> PolicyFile {
        PolicyFile { stage, ..self }
    }

    pub(crate) fn status(self, status: &'static str) -> PolicyFile {
        PolicyFile { status, ..self }
    }

    pub(crate) fn from(self, from: &'static str) -> PolicyFile {
        PolicyFile { from, ..self }
    }

    pub(crate) fn on_missing(self, on_missing: &'static str) -> PolicyFile {
        PolicyFile { on_missing, ..self }
    }

    /// The facts that may be left out.
    pub(crate) fn accepts(self, names: &'static str) -> PolicyFile {
        PolicyFile {
            accepts: Some(names),
            ..self
        }
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}.yaml", self.id)
    }

    pub(crate) fn text(&self) -> String {
        let PolicyFile {
            id,
            stage,
            on,
            status,
            from,
            body,
            on_missing,
            accepts,
        } = self;
        let accepts = accepts.map_or(String::new(), |names| format!("  accepts_risk: {names}\n"));
        format!(
            "apiVersion: weft/v1\nkind: Policy\nmetadata:\n  id: {id}\n  title: t\n  owner: o\n  sources: [{{title: s, reference: r, \
             verified: true}}]\n  effective: {{from: {from}}}\n  status: {status}\n{accepts}stage: {stage}\non: [{on}]\n{body}\nreasons:\n  - {{code: \
             because, title: Because, status_reason: FRAD}}\n  - {{code: other, title: Another reason}}\non_missing: {on_missing}\non_error: \
             hold\nmessages: {{customer: for customers of {id}, agent: for agents of {id}, auditor: for auditors of {id}}}\n"
        )
    }
}

/// One rule with the reason `because`, in flow form.
pub(crate) fn rule(id: &str, when: &str, verdict: &str, more: &str) -> String {
    let more = if more.is_empty() {
        String::new()
    } else {
        format!(", {more}")
    };
    format!("  - {{id: {id}, when: \"{when}\", verdict: {verdict}, reason: because{more}}}\n")
}

/// What a rule adds to ask for the customer's approval in the app.
pub(crate) const STEP_UP: &str =
    "obligations: [{kind: step-up, arguments: {method: app-approval}}]";

/// The same by another method.
pub(crate) fn step_up_by(method: &str) -> String {
    STEP_UP.replace("app-approval", method)
}

/// Below 100 EUR allowed, then flagged, challenged, held, and from 5000 EUR denied.
pub(crate) fn amounts() -> PolicyFile {
    amounts_by("app-approval")
}

/// The same with a step-up by this method.
pub(crate) fn amounts_by(method: &str) -> PolicyFile {
    let between = |low: &str, high: &str| {
        format!(
            "payment.amount >= money('{low}', 'EUR') && payment.amount < money('{high}', 'EUR')"
        )
    };
    let mut rules = String::from("rules:\n");
    rules += &rule("small", &between("0", "100"), "allow", "risk: 40");
    rules += &rule("medium", &between("100", "500"), "flag", "risk: 300");
    let step_up = |risk: u16| format!("risk: {risk}, {}", step_up_by(method));
    rules += &rule("large", &between("500", "1000"), "challenge", &step_up(600));
    rules += &rule("huge", &between("1000", "5000"), "hold", &step_up(800));
    rules += &rule(
        "absurd",
        "payment.amount >= money('5000', 'EUR')",
        "deny",
        "risk: 990",
    );
    PolicyFile::new("test.amounts", "payment.authorize", &rules)
}

/// Agents ask within a case, the customer answers in the service's channel, agents confirm with evidence.
pub(crate) fn assistance() -> Vec<PolicyFile> {
    let disclose = "obligations: [{kind: disclose, arguments: {payment.amount: clear, device.id: token, \
                    location.city: masked, payer.name: clear, payment.state: clear, payment.verdict: clear, \
                    payment.expires_at: clear, evidence.step_up: clear}}]";
    let of_payment = "obligations: [{kind: disclose, arguments: {payment.state: clear, payment.verdict: clear}}]";
    let support = "session.role in ['agent', 'supervisor']";
    let ask = String::from("rules:\n")
        + &rule(
            "granted",
            &format!("{support} && has(case.id) && has(payment.state)"),
            "allow",
            disclose,
        )
        + &rule("no-case", "!has(case.id)", "deny", "")
        + &rule("unknown", "!has(payment.state)", "deny", "");
    let verify = String::from("rules:\n")
        + &rule(
            "right",
            "session.role == 'service' && evidence.step_up",
            "allow",
            "",
        )
        + &rule("not-its-channel", "session.role != 'service'", "deny", "");
    let confirm = String::from("rules:\n")
        + &rule(
            "verified",
            &format!("{support} && payment.state == 'pending' && evidence.step_up"),
            "allow",
            of_payment,
        )
        + &rule("no-evidence", "!evidence.step_up", "deny", "");
    vec![
        PolicyFile::new("test.ask", "assist.failed_payment", &ask).on_missing("deny"),
        PolicyFile::new("test.verify", "assist.verify_identity", &verify).on_missing("deny"),
        PolicyFile::new("test.confirm", "assist.confirm", &confirm).on_missing("deny"),
    ]
}

/// All of the above.
pub(crate) fn usual() -> Vec<PolicyFile> {
    let mut policies = assistance();
    policies.push(amounts());
    policies
}

/// What support is shown in replies: all that the policies above need.
pub(crate) fn replies() -> String {
    disclosure(
        "test.replies",
        "purpose: help\nreaders: [agent, supervisor]\non: ['assist.*']\ngrants:\n  - {field: payment.amount, treatment: clear}\n  \
         - {field: device.id, treatment: token}\n  - {field: location.city, treatment: masked}\n  - {field: payer.name, treatment: \
         token}\n  - {field: payment.state, treatment: clear}\n  - {field: payment.verdict, treatment: clear}\n  \
         - {field: payment.expires_at, treatment: clear}\n  - {field: payment.refunded, treatment: clear}\n  - {field: dispute.credit_due_at, treatment: clear}\n  \
         - {field: dispute.answer_due_at, treatment: clear}\n  - {field: evidence.step_up, treatment: clear}\nbudget: {per_case: 1000, per_customer: 1000, per_day: 1000}\n",
    )
}

/// What customers are told of their payments.
pub(crate) fn to_customers() -> String {
    disclosure(
        "test.customers",
        "purpose: own-payment\nreaders: [service]\non: ['payment.*']\ngrants:\n  - {field: payment.amount, treatment: clear}\n  \
         - {field: payer.city, treatment: masked}\n",
    )
}

/// What who audits is told of decisions.
pub(crate) fn to_auditors() -> String {
    disclosure(
        "test.auditors",
        "purpose: audit\nreaders: [regulator]\non: ['payment.*', 'assist.*']\ngrants:\n  - {field: payment.amount, treatment: clear}\n  \
         - {field: processing.threat_level, treatment: clear}\n",
    )
}

/// A disclosure file with this body: purpose, readers, where, grants, budget.
pub(crate) fn disclosure(id: &str, body: &str) -> String {
    format!(
        "apiVersion: weft/v1\nkind: Disclosure\nmetadata:\n  id: {id}\n  title: t\n  owner: o\n  sources: [{{title: s, reference: r, \
         verified: true}}]\n  effective: {{from: 2026-01-01T00:00:00Z}}\n  status: enforced\nlegal_basis: the basis of {id}\n{body}"
    )
}
