#include "render/highlight_grammar.hpp"

#include <algorithm>
#include <array>

namespace errand::render {

namespace {

using Words = std::string_view;

constexpr auto cpp_names =
    std::to_array<Words>({"c", "c++", "cc", "cpp", "cxx", "h", "hpp", "objc", "cuda", "arduino"});
constexpr auto cpp_words = std::to_array<Words>(
    {"alignas",  "auto",      "bool",     "break",   "case",      "catch",         "char",        "class",
     "co_await", "co_return", "co_yield", "concept", "const",     "consteval",     "constexpr",   "continue",
     "decltype", "default",   "delete",   "do",      "double",    "else",          "enum",        "explicit",
     "export",   "extern",    "false",    "final",   "float",     "for",           "friend",      "goto",
     "if",       "inline",    "int",      "long",    "mutable",   "namespace",     "new",         "noexcept",
     "nullptr",  "operator",  "override", "private", "protected", "public",        "register",    "requires",
     "return",   "short",     "signed",   "sizeof",  "static",    "static_assert", "static_cast", "struct",
     "switch",   "template",  "this",     "throw",   "true",      "try",           "typedef",     "typename",
     "union",    "unsigned",  "using",    "virtual", "void",      "volatile",      "while"});
constexpr auto slashes = std::to_array<Words>({"//"});
constexpr Delimited c_comment{"/*", "*/"};

constexpr auto python_names = std::to_array<Words>({"py", "python", "python3", "pycon", "starlark", "bzl"});
constexpr auto python_words = std::to_array<Words>(
    {"False",  "None",     "True",   "and",  "as",   "assert", "async",  "await",    "break", "case",
     "class",  "continue", "def",    "del",  "elif", "else",   "except", "finally",  "for",   "from",
     "global", "if",       "import", "in",   "is",   "lambda", "match",  "nonlocal", "not",   "or",
     "pass",   "raise",    "return", "self", "try",  "while",  "with",   "yield"});
constexpr auto hash = std::to_array<Words>({"#"});
constexpr auto python_long = std::to_array<Delimited>({{R"(""")", R"(""")"}, {"'''", "'''"}});

constexpr auto js_names = std::to_array<Words>({"js", "javascript", "jsx", "mjs", "node", "ts", "tsx", "typescript"});
constexpr auto js_words = std::to_array<Words>(
    {"abstract", "any",        "as",       "async",     "await",      "boolean",   "break",     "case",     "catch",
     "class",    "const",      "continue", "debugger",  "declare",    "default",   "delete",    "do",       "else",
     "enum",     "export",     "extends",  "false",     "finally",    "for",       "from",      "function", "get",
     "if",       "implements", "import",   "in",        "instanceof", "interface", "keyof",     "let",      "namespace",
     "never",    "new",        "null",     "number",    "of",         "private",   "protected", "public",   "readonly",
     "return",   "set",        "static",   "string",    "super",      "switch",    "this",      "throw",    "true",
     "try",      "type",       "typeof",   "undefined", "unknown",    "var",       "void",      "while",    "yield"});
constexpr auto backtick = std::to_array<Delimited>({{"`", "`"}});

constexpr auto go_names = std::to_array<Words>({"go", "golang"});
constexpr auto go_words = std::to_array<Words>(
    {"any",    "bool",  "break",       "byte",      "case",    "chan",   "const", "continue", "default", "defer",
     "else",   "error", "fallthrough", "false",     "float64", "for",    "func",  "go",       "goto",    "if",
     "import", "int",   "int64",       "interface", "iota",    "make",   "map",   "nil",      "package", "range",
     "return", "rune",  "select",      "string",    "struct",  "switch", "true",  "type",     "uint64",  "var"});

constexpr auto rust_names = std::to_array<Words>({"rs", "rust"});
constexpr auto rust_words = std::to_array<Words>(
    {"Self",   "as",    "async", "await", "bool", "break",  "const", "continue", "crate", "dyn",    "else",  "enum",
     "extern", "false", "fn",    "for",   "i32",  "i64",    "if",    "impl",     "in",    "let",    "loop",  "match",
     "mod",    "move",  "mut",   "pub",   "ref",  "return", "self",  "static",   "str",   "struct", "super", "trait",
     "true",   "type",  "u32",   "u64",   "u8",   "unsafe", "use",   "usize",    "where", "while"});

constexpr auto java_names =
    std::to_array<Words>({"java", "kotlin", "kt", "scala", "groovy", "cs", "csharp", "c#", "swift", "dart"});
constexpr auto java_words = std::to_array<Words>(
    {"abstract", "async",   "await",     "bool",       "boolean",      "break",   "byte",       "case",   "catch",
     "char",     "class",   "const",     "continue",   "data",         "default", "do",         "double", "else",
     "enum",     "extends", "extension", "false",      "final",        "finally", "float",      "for",    "func",
     "fun",      "guard",   "if",        "implements", "import",       "in",      "instanceof", "int",    "interface",
     "internal", "let",     "long",      "namespace",  "new",          "nil",     "null",       "object", "override",
     "package",  "private", "protected", "public",     "record",       "return",  "sealed",     "short",  "static",
     "string",   "struct",  "super",     "switch",     "synchronized", "this",    "throw",      "throws", "trait",
     "true",     "try",     "using",     "val",        "var",          "void",    "when",       "while"});
constexpr auto java_long = std::to_array<Delimited>({{R"(""")", R"(""")"}});

constexpr auto shell_names =
    std::to_array<Words>({"bash", "console", "fish", "ksh", "sh", "shell", "shellscript", "zsh"});
constexpr auto shell_words = std::to_array<Words>(
    {"break", "case",  "cd",     "continue", "declare",  "do",     "done", "echo",  "elif",     "else",
     "esac",  "eval",  "exec",   "exit",     "export",   "false",  "fi",   "for",   "function", "if",
     "in",    "local", "printf", "read",     "readonly", "return", "set",  "shift", "source",   "sudo",
     "test",  "then",  "trap",   "true",     "unset",    "until",  "while"});

constexpr auto json_names = std::to_array<Words>({"json", "json5", "jsonc", "jsonl", "ndjson"});
constexpr auto json_words = std::to_array<Words>({"false", "null", "true"});

constexpr auto yaml_names =
    std::to_array<Words>({"conf", "dockerfile", "ini", "makefile", "properties", "toml", "yaml", "yml"});
constexpr auto yaml_words = std::to_array<Words>({"false", "no", "null", "off", "on", "true", "yes"});

constexpr auto sql_names = std::to_array<Words>({"mysql", "pgsql", "plsql", "postgres", "postgresql", "sql", "sqlite"});
constexpr auto sql_words = std::to_array<Words>(
    {"add",      "all",      "alter",  "and",     "as",         "asc",     "begin",       "between",   "by",
     "case",     "check",    "column", "commit",  "constraint", "create",  "cross",       "default",   "delete",
     "desc",     "distinct", "drop",   "else",    "end",        "exists",  "foreign",     "from",      "full",
     "group",    "having",   "if",     "in",      "index",      "inner",   "insert",      "int",       "integer",
     "into",     "is",       "join",   "key",     "left",       "like",    "limit",       "not",       "null",
     "offset",   "on",       "or",     "order",   "outer",      "primary", "references",  "returning", "right",
     "rollback", "select",   "set",    "table",   "text",       "then",    "transaction", "union",     "unique",
     "update",   "using",    "values", "varchar", "view",       "when",    "where",       "with"});
constexpr auto dashes = std::to_array<Words>({"--"});

constexpr auto ruby_names = std::to_array<Words>({"ex", "elixir", "perl", "pl", "r", "rb", "ruby"});
constexpr auto ruby_words = std::to_array<Words>(
    {"and",    "begin",    "break", "case", "class",  "def",    "do",    "else", "elsif", "end",   "ensure",  "false",
     "for",    "function", "if",    "in",   "module", "my",     "next",  "nil",  "not",   "or",    "require", "rescue",
     "return", "self",     "sub",   "then", "true",   "unless", "until", "use",  "when",  "while", "yield"});

constexpr auto lua_names = std::to_array<Words>({"haskell", "hs", "lua"});
constexpr auto lua_words = std::to_array<Words>(
    {"and",      "break",  "case",   "data", "deriving", "do",   "else",  "elseif", "end",  "false", "for",
     "function", "if",     "import", "in",   "instance", "let",  "local", "module", "nil",  "not",   "of",
     "or",       "repeat", "return", "then", "true",     "type", "until", "where",  "while"});

constexpr auto php_names = std::to_array<Words>({"php"});
constexpr auto php_words = std::to_array<Words>(
    {"abstract", "array", "as",      "break",     "case",   "catch",      "class",     "const",  "continue",
     "default",  "do",    "echo",    "else",      "elseif", "extends",    "false",     "final",  "finally",
     "fn",       "for",   "foreach", "function",  "if",     "implements", "interface", "match",  "namespace",
     "new",      "null",  "private", "protected", "public", "readonly",   "return",    "static", "switch",
     "throw",    "trait", "true",    "try",       "use",    "var",        "while"});
constexpr auto php_comments = std::to_array<Words>({"//", "#"});

constexpr auto css_names = std::to_array<Words>({"css", "less", "scss"});
constexpr auto css_words = std::to_array<Words>({"@font-face", "@import", "@keyframes", "@media"});

constexpr auto html_names = std::to_array<Words>({"htm", "html", "svg", "vue", "xml"});

constexpr auto diff_names = std::to_array<Words>({"diff", "patch"});

constexpr std::string_view both_quotes = "\"'";

const std::array<Grammar, 16> grammars = {{
    {Kind::code, cpp_names, cpp_words, slashes, c_comment, {}, both_quotes, "#", false},
    {Kind::code, python_names, python_words, hash, {}, python_long, both_quotes, "", false},
    {Kind::code, js_names, js_words, slashes, c_comment, backtick, both_quotes, "$", false},
    {Kind::code, go_names, go_words, slashes, c_comment, backtick, both_quotes, "", false},
    {Kind::code, rust_names, rust_words, slashes, c_comment, {}, "\"", "", false},
    {Kind::code, java_names, java_words, slashes, c_comment, java_long, both_quotes, "@", false},
    {Kind::code, shell_names, shell_words, hash, {}, {}, both_quotes, "-$", false},
    {Kind::keys, json_names, json_words, slashes, c_comment, {}, "\"", "", false},
    {Kind::keys, yaml_names, yaml_words, hash, {}, {}, both_quotes, "-.", true},
    {Kind::code, sql_names, sql_words, dashes, c_comment, {}, both_quotes, "", true},
    {Kind::code, ruby_names, ruby_words, hash, {}, {}, both_quotes, "@$?!", false},
    {Kind::code, lua_names, lua_words, dashes, {}, {}, both_quotes, "", false},
    {Kind::code, php_names, php_words, php_comments, c_comment, {}, both_quotes, "$", false},
    {Kind::code, css_names, css_words, {}, c_comment, {}, both_quotes, "@-.", false},
    {Kind::code, html_names, {}, {}, {"<!--", "-->"}, {}, "\"", "", false},
    {Kind::diff, diff_names, {}, {}, {}, {}, {}, {}, false},
}};

}  // namespace

const Grammar* grammar_of(std::string_view name) {
  const auto known = std::ranges::find_if(
      grammars, [&](const Grammar& grammar) { return std::ranges::find(grammar.names, name) != grammar.names.end(); });
  return known == grammars.end() ? nullptr : &*known;
}

}  // namespace errand::render
