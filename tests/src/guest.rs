//! Plugins written in WebAssembly text: what a compiler of any language would produce, and what none
//! would. A [`Guest`] is a valid plugin; a test replaces the part that is to be hostile.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/wit/policy.wit");
/// Below it is nothing, so that a null pointer is never right.
const DATA_AT: u32 = 1024;

/// The manifest of the valid plugin.
pub const MANIFEST: &str = r#"{"schema":"weft.manifest/1","name":"amount-limit","version":"0.1.0","operations":["payment.*"],"needs":[{"field":"payment.amount","kind":"money","treatment":"clear","purpose":"fraud-prevention","required":true},{"field":"instrument.pan","kind":"token","treatment":"token","purpose":"fraud-prevention","required":false}],"settings":[{"name":"limit_minor","kind":"integer","required":false,"default":50000,"min":0,"max":100000000,"one_of":[],"doc":"In the minor unit"},{"name":"methods","kind":"texts","required":false,"default":["app-approval"],"min":null,"max":null,"one_of":["app-approval","one-time-code"],"doc":""},{"name":"ceiling","kind":"money","required":false,"default":null,"min":{"value":"1.00","currency":"EUR"},"max":null,"one_of":[],"doc":""},{"name":"window","kind":"duration","required":false,"default":"24h","min":"1h","max":"7d","one_of":[],"doc":""},{"name":"weights","kind":"json","required":false,"default":null,"min":null,"max":null,"one_of":[],"doc":""}],"reasons":[{"code":"amount-over-limit","title":"The amount is over the limit"}],"obligations":["step-up"]}"#;

/// A plugin under construction.
pub struct Guest {
    /// What `describe` returns.
    pub described: String,
    /// What the custom sections say.
    pub sections: Vec<String>,
    /// The body of `evaluate`; parameters are `$settings`, `$needs` and others.
    pub evaluate: String,
    /// The body of `describe`; returns what [`Data::text`] placed, by default.
    pub describe: Option<String>,
    /// The body of `validate`.
    pub validate: Option<String>,
    /// More fields of the module.
    pub more: String,
    /// Pages of memory at its start.
    pub pages: u32,
    /// Whether it imports the log.
    pub logs: bool,
    /// What lies in its memory.
    pub data: Data,
}

impl Guest {
    /// Holds an amount over the setting `limit_minor`, allows any other.
    pub fn valid() -> Guest {
        let mut data = Data::default();
        let allow = data.ok(&Say::of(1));
        let hold = data.ok(&Say {
            risk: Some(700),
            reasons: vec![("amount-over-limit".into(), vec![0])],
            obligations: vec![(
                "step-up".into(),
                vec![("method".into(), Arg::Text("app-approval".into()))],
            )],
            ..Say::of(4)
        });
        Guest {
            evaluate: format!(
                "(if (i64.gt_s (i64.load offset=8 (local.get $needs)) (i64.load offset=8 (local.get $settings)))
                   (then (return (i32.const {hold}))))
                 (i32.const {allow})"
            ),
            described: MANIFEST.into(),
            sections: vec![MANIFEST.into()],
            describe: None,
            validate: None,
            more: String::new(),
            pages: 1,
            logs: false,
            data,
        }
    }

    /// The valid plugin with another body of `evaluate`.
    pub fn evaluating(body: impl Into<String>) -> Guest {
        Guest {
            evaluate: body.into(),
            ..Guest::valid()
        }
    }

    /// The valid plugin that always says that.
    pub fn saying(say: &Say) -> Guest {
        let mut guest = Guest::valid();
        let at = guest.data.ok(say);
        guest.evaluate = format!("(i32.const {at})");
        guest
    }

    /// The same with another manifest, told truly.
    pub fn with_manifest(mut self, manifest: impl Into<String>) -> Guest {
        self.described = manifest.into();
        self.sections = vec![self.described.clone()];
        self
    }

    /// The component.
    pub fn build(mut self) -> Vec<u8> {
        let core = self.core();
        let mut component = componentize(&core);
        for section in &self.sections {
            append_section(&mut component, "weft:manifest", section.as_bytes());
        }
        component
    }

    /// The core module.
    pub fn core(&mut self) -> Vec<u8> {
        let described = self.data.text(&self.described.clone());
        let no_problems = self.data.words(&[DATA_AT, 0]);
        let describe = self
            .describe
            .clone()
            .unwrap_or(format!("(i32.const {described})"));
        let validate = self
            .validate
            .clone()
            .unwrap_or(format!("(i32.const {no_problems})"));
        let import = if self.logs {
            r#"(import "weft:policy/log@0.1.0" "emit" (func $emit (param i32 i32 i32 i32 i32)))"#
        } else {
            ""
        };
        let Guest {
            evaluate,
            more,
            pages,
            data,
            ..
        } = self;
        let heap = DATA_AT + u32::try_from(data.bytes.len()).expect("small") + 16;
        let pages = (*pages).max(heap.div_ceil(1 << 16));
        let bytes: String = data.bytes.iter().map(|b| format!("\\{b:02x}")).collect();
        let text = format!(
            r#"(module
  {import}
  (memory (export "memory") {pages})
  (global $heap (mut i32) (i32.const {heap}))
  (data (i32.const {DATA_AT}) "{bytes}")
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))))
    (memory.copy (local.get $at) (local.get $old) (local.get $old_size))
    (local.get $at))
  {more}
  (func (export "weft:policy/evaluator@0.1.0#describe") (result i32) {describe})
  (func (export "weft:policy/evaluator@0.1.0#validate") (param $settings i32) (param $settings_len i32) (result i32) {validate})
  (func $evaluate (export "weft:policy/evaluator@0.1.0#evaluate")
    (param $request i32) (param $request_len i32) (param $operation i32) (param $operation_len i32)
    (param $tenant i32) (param $tenant_len i32) (param $policy i32) (param $policy_len i32)
    (param $at i64) (param $seed i64)
    (param $settings i32) (param $settings_len i32) (param $needs i32) (param $needs_len i32) (result i32)
    {evaluate}))"#
        );
        wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }
}

/// Wraps a core module into a component of the world `policy`.
pub fn componentize(core: &[u8]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = std::fs::read_to_string(WIT).expect("the interface is there");
    let package = resolve.push_str(WIT, &wit).expect("the interface parses");
    let world = resolve
        .select_world(&[package], Some("policy"))
        .expect("the world is there");
    let mut module = core.to_vec();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("it takes metadata");
    ComponentEncoder::default()
        .module(&module)
        .expect("a module of this world")
        .validate(true)
        .encode()
        .expect("it encodes")
}

/// Appends a custom section (WebAssembly Core 5.5.3).
pub fn append_section(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut content = leb(name.len());
    content.extend_from_slice(name.as_bytes());
    content.extend_from_slice(data);
    component.push(0);
    component.extend(leb(content.len()));
    component.extend(content);
}

fn leb(mut n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = u8::try_from(n & 0x7f).expect("seven bits");
        n >>= 7;
        if n == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// A finding to say.
#[derive(Clone, Default)]
pub struct Say {
    /// The verdict's place in the interface.
    pub decision: u8,
    /// 0 to 1000, if it is to be one that the host takes.
    pub risk: Option<u16>,
    /// Codes, each with the places of needs as evidence.
    pub reasons: Vec<(String, Vec<u16>)>,
    /// Kinds, each with arguments.
    pub obligations: Vec<(String, Vec<(String, Arg)>)>,
}

impl Say {
    /// A verdict alone.
    pub fn of(decision: u8) -> Say {
        Say {
            decision,
            ..Say::default()
        }
    }
}

/// An argument of an obligation.
#[derive(Clone)]
pub enum Arg {
    /// As obligations have it.
    Text(String),
    /// As none has it.
    Integer(i64),
}

/// Bytes in the guest's memory, laid out by the canonical ABI (component model, `CanonicalABI.md`).
#[derive(Default)]
pub struct Data {
    bytes: Vec<u8>,
}

impl Data {
    fn put(&mut self, bytes: &[u8]) -> u32 {
        while !self.bytes.len().is_multiple_of(8) {
            self.bytes.push(0);
        }
        let at = DATA_AT + u32::try_from(self.bytes.len()).expect("small");
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// Words one after the other.
    pub fn words(&mut self, words: &[u32]) -> u32 {
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        self.put(&bytes)
    }

    /// The text itself.
    pub fn chars(&mut self, text: &str) -> [u32; 2] {
        [
            self.put(text.as_bytes()),
            u32::try_from(text.len()).expect("small"),
        ]
    }

    /// A returned string: pointer and length.
    pub fn text(&mut self, text: &str) -> u32 {
        let string = self.chars(text);
        self.words(&string)
    }

    /// A returned `ok(finding)`.
    pub fn ok(&mut self, say: &Say) -> u32 {
        let reasons: Vec<u32> = say
            .reasons
            .iter()
            .flat_map(|(code, evidence)| {
                let code = self.chars(code);
                let indexes: Vec<u8> = evidence.iter().flat_map(|i| i.to_le_bytes()).collect();
                [
                    code[0],
                    code[1],
                    self.put(&indexes),
                    u32::try_from(evidence.len()).expect("few"),
                ]
            })
            .collect();
        let obligations: Vec<u32> = say
            .obligations
            .iter()
            .flat_map(|(kind, args)| {
                let kind = self.chars(kind);
                let list = self.arguments(args);
                [
                    kind[0],
                    kind[1],
                    list,
                    u32::try_from(args.len()).expect("few"),
                ]
            })
            .collect();
        let [reasons_at, obligations_at] = [self.words(&reasons), self.words(&obligations)];
        let mut result = vec![0, 0, 0, 0, say.decision, 0, u8::from(say.risk.is_some()), 0];
        result.extend(say.risk.unwrap_or(0).to_le_bytes());
        result.extend([0, 0]);
        for word in [
            reasons_at,
            u32::try_from(say.reasons.len()).expect("few"),
            obligations_at,
            u32::try_from(say.obligations.len()).expect("few"),
        ] {
            result.extend(word.to_le_bytes());
        }
        self.put(&result)
    }

    /// A list of names with values.
    pub fn arguments(&mut self, args: &[(String, Arg)]) -> u32 {
        let mut list = Vec::new();
        for (name, value) in args {
            for word in self.chars(name) {
                list.extend(word.to_le_bytes());
            }
            let (case, payload) = match value {
                Arg::Integer(n) => (3_u64, [n.to_le_bytes(), [0; 8], [0; 8]].concat()),
                Arg::Text(text) => {
                    let [at, len] = self.chars(text);
                    let string = u64::from(at) | u64::from(len) << 32;
                    (5, [string.to_le_bytes(), [0; 8], [0; 8]].concat())
                }
            };
            list.extend(case.to_le_bytes());
            list.extend(payload);
        }
        self.put(&list)
    }

    /// A returned `err(failure)`: 0 bad settings, 1 bad input, 2 internal.
    pub fn err(&mut self, case: u32, text: &str) -> u32 {
        let [at, len] = self.chars(text);
        self.words(&[1, case, at, len])
    }
}
