#include "policy/wrapper.hpp"

#include <algorithm>
#include <array>

#include "policy/shell.hpp"

namespace errand::policy {

namespace {

struct Wrapper {
  std::string_view name;
  std::string_view flags;        // short options without a value
  std::string_view with_value;   // short options with one, attached or the next word
  std::string_view long_flags;   // separated and framed by blanks
  std::string_view long_values;  // as --name=value
  std::size_t operands = 0;      // words before the command
  Meaning meaning = Meaning::same;
};

// GNU coreutils 9.1, findutils 4.9, sudo 1.9 and bash 5.2; only what can't change which command runs.
constexpr std::array wrappers = {
    Wrapper{"timeout", "v", "ks", " foreground preserve-status verbose ", " kill-after signal ", 1, Meaning::same},
    Wrapper{"nice", "", "n", "", " adjustment ", 0, Meaning::same},
    Wrapper{"nohup", "", "", "", "", 0, Meaning::same},
    Wrapper{"stdbuf", "", "ioe", "", " input output error ", 0, Meaning::same},
    Wrapper{"time", "p", "", "", "", 0, Meaning::same},
    Wrapper{"command", "", "", "", "", 0, Meaning::same},
    Wrapper{"builtin", "", "", "", "", 0, Meaning::same},
    Wrapper{"exec", "", "", "", "", 0, Meaning::same},
    Wrapper{"xargs", "0rtx", "nPLsdE", " null no-run-if-empty verbose exit ",
            " max-args max-procs max-lines max-chars delimiter ", 0, Meaning::more_arguments},
    Wrapper{"busybox", "", "", "", "", 0, Meaning::changed},
    Wrapper{"toybox", "", "", "", "", 0, Meaning::changed},
    Wrapper{"env", "i0v", "uC", " ignore-environment null ", " unset chdir ", 0, Meaning::changed},
    Wrapper{"sudo", "AbEHknPS", "ugpCrtUTDRh", " preserve-env non-interactive set-home background ",
            " user group preserve-env chdir host prompt ", 0, Meaning::changed},
};

constexpr auto shells =
    std::to_array<std::string_view>({"ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "zsh"});

// Run their arguments, or text in them, as commands.
constexpr auto runners = std::to_array<std::string_view>(
    {".",        "alias",   "at",        "awk",         "batch",    "builtin",      "busybox", "chroot",  "chrt",
     "compgen",  "mapfile", "readarray", "nawk",        "complete", "original-awk", "command", "coproc",  "crontab",
     "docker",   "doas",    "emacs",     "entr",        "env",      "eval",         "exec",    "expect",  "flock",
     "function", "gawk",    "gdb",       "ionice",      "kubectl",  "ltrace",       "lua",     "mawk",    "nice",
     "node",     "nohup",   "nsenter",   "parallel",    "perf",     "perl",         "php",     "podman",  "python",
     "python3",  "ruby",    "screen",    "script",      "select",   "setsid",       "source",  "ssh",     "stdbuf",
     "strace",   "su",      "sudo",      "systemd-run", "taskset",  "tclsh",        "time",    "timeout", "tmux",
     "toybox",   "trap",    "unshare",   "valgrind",    "watch",    "xargs"});

// Runners that hand text to a shell.
constexpr auto shell_texts = std::to_array<std::string_view>(
    {"at", "batch", "compgen", "complete", "entr", "env", "flock", "mapfile", "parallel", "readarray", "screen",
     "script", "ssh", "su", "systemd-run", "tmux", "trap", "watch"});

// Take a program from their input when no operand names one.
constexpr auto interpreters =
    std::to_array<std::string_view>({"chroot", "crontab", "expect", "lua", "node", "nsenter", "perl", "php", "python",
                                     "python3", "ruby", "script", "su", "tclsh", "unshare"});

// Run what their input says, whatever their arguments are.
constexpr auto input_runners = std::to_array<std::string_view>({"at", "batch", "dc", "ed", "ex", "m4", "parallel"});

// Awk runs commands with system(), pipes and what it calls by name or loads.
constexpr auto awks = std::to_array<std::string_view>({"awk", "gawk", "mawk", "nawk", "original-awk"});

// What these hold is run or read as a program's settings.
constexpr auto run_variables = std::to_array<std::string_view>({"BASH_ENV", "ENV", "PROMPT_COMMAND", "PS0", "PS4"});

constexpr auto data_only = std::to_array<std::string_view>(
    {"[",     "basename", "cat",    "cd",    "chmod", "chown",  "cmp",   "cp",       "cut",      "date",  "df",
     "diff",  "dirname",  "du",     "echo",  "egrep", "false",  "fgrep", "grep",     "head",     "jq",    "ls",
     "kill",  "ln",       "md5sum", "mkdir", "mv",    "printf", "pwd",   "readlink", "realpath", "rmdir", "sha256sum",
     "sleep", "stat",     "tail",   "test",  "touch", "tr",     "true",  "type",     "uniq",     "wc",    "which"});

constexpr auto git_data_only =
    std::to_array<std::string_view>({"add", "blame", "branch", "checkout", "commit", "diff", "log", "merge", "mv",
                                     "restore", "rm", "show", "status", "tag"});

constexpr auto shell_changers = std::to_array<std::string_view>(
    {".",       "alias", "declare", "enable", "eval",    "exec",      "export", "function",
     "getopts", "hash",  "let",     "local",  "mapfile", "readarray", "read",   "readonly",
     "set",     "shopt", "source",  "trap",   "typeset", "unset"});

template <class Table>
bool contains(const Table& table, std::string_view name) {
  return std::ranges::find(table, name) != table.end();
}

bool lists(std::string_view framed, std::string_view name) {
  return framed.find(" " + std::string(name) + " ") != std::string_view::npos;
}

// How many words the option at the front takes; 0 when it is not known.
std::size_t option_length(const Wrapper& wrapper, std::span<const std::string> words) {
  const std::string_view option = words.front();
  if (option.starts_with("--")) {
    const auto equals = option.find('=');
    const auto name = option.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    return lists(equals == std::string_view::npos ? wrapper.long_flags : wrapper.long_values, name) ? 1 : 0;
  }
  for (std::size_t i = 1; i < option.size(); ++i) {
    if (wrapper.with_value.find(option[i]) != std::string_view::npos) return i + 1 < option.size() ? 1 : 2;
    if (wrapper.flags.find(option[i]) == std::string_view::npos) return 0;
  }
  return 1;
}

// `find` runs commands only when told to.
bool is_find_with_exec(std::span<const std::string> words) {
  return std::ranges::any_of(words, [](const std::string& word) {
    return word == "-exec" || word == "-execdir" || word == "-ok" || word == "-okdir";
  });
}

// How many words an option of xargs takes: GNU findutils 4.9.
std::size_t xargs_option(std::span<const std::string> words, std::string& replaced) {
  const std::string_view option = words.front();
  const std::string_view next = words.size() > 1 ? std::string_view(words[1]) : std::string_view{};
  if (option.starts_with("--")) {
    const auto equals = option.find('=');
    const auto name = option.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    if (name.starts_with("rep")) replaced = equals == std::string_view::npos ? "{}" : option.substr(equals + 1);
    if (equals != std::string_view::npos) return 1;
    constexpr auto valued = std::to_array<std::string_view>(
        {"arg-file", "delimiter", "max-args", "max-chars", "max-procs", "process-slot-var"});
    return std::ranges::any_of(valued, [&](std::string_view full) { return full.starts_with(name); }) ? 2 : 1;
  }
  for (std::size_t i = 1; i < option.size(); ++i) {
    const auto attached = option.substr(i + 1);
    if (option[i] == 'I') replaced = attached.empty() ? next : attached;
    if (option[i] == 'i') replaced = attached.empty() ? "{}" : attached;
    if (std::string_view("adEILnPs").find(option[i]) != std::string_view::npos) return attached.empty() ? 2 : 1;
    if (std::string_view("eil").find(option[i]) != std::string_view::npos) return 1;
  }
  return 1;
}

bool is_input(std::string_view word) {
  return word == "-" || word == "/dev/stdin" || word == "/dev/fd/0" || word == "/proc/self/fd/0";
}

// "a[$(x)]" where a variable's name stands is run to find the index.
bool holds_subscript(std::span<const std::string> words) {
  return std::ranges::any_of(words, [](const std::string& word) {
    const auto bracket = word.find('[');
    return bracket != std::string::npos && word.find_first_of("$`", bracket) != std::string::npos;
  });
}

bool is_builtin_test(std::string_view name) {
  return name == "printf" || name == "test" || name == "[";
}

// printf -v x, wait -p x, test -v x: harmless by themselves, but they take a variable.
bool sets_variable(std::span<const std::string> words) {
  const auto name = command_name(words.front());
  if (name == "printf") return words.size() > 1 && words[1].starts_with("-v");
  if (name == "wait") {
    return std::ranges::any_of(words, [](const std::string& w) { return w.starts_with('-') && w.find('p') != w.npos; });
  }
  if (name != "test" && name != "[") return false;
  return std::ranges::any_of(words, [](const std::string& word) { return word == "-v" || word == "-R"; });
}

// An awk program in plain sight that has no way to run a command.
bool is_plain_awk(std::span<const std::string> words) {
  return words.size() > 1 && std::ranges::none_of(words.subspan(1), [](const std::string& word) {
           if (word.find("system") != std::string::npos || word.find_first_of("|@`") != std::string::npos) return true;
           if (!word.starts_with('-')) return false;
           return !word.starts_with("-F") && !word.starts_with("-v") && word != "--";
         });
}

}  // namespace

std::string_view command_name(std::string_view word) {
  return word.substr(word.rfind('/') + 1);
}

std::optional<Unwrapped> unwrap(std::span<const std::string> words) {
  if (words.empty()) return std::nullopt;
  const auto* const wrapper = std::ranges::find(wrappers, command_name(words.front()), &Wrapper::name);
  if (wrapper == wrappers.end()) return std::nullopt;
  auto rest = words.subspan(1);
  while (!rest.empty() && rest.front().starts_with('-') && rest.front().size() > 1) {
    if (rest.front() == "--") {
      rest = rest.subspan(1);
      break;
    }
    const auto length = option_length(*wrapper, rest);
    if (length == 0 || length > rest.size()) return std::nullopt;
    rest = rest.subspan(length);
  }
  if (wrapper->meaning == Meaning::changed) {
    while (!rest.empty() && is_assignment(rest.front())) rest = rest.subspan(1);
  }
  if (rest.size() <= wrapper->operands) return std::nullopt;
  // A program of that name elsewhere may be anything.
  const bool by_path = words.front().size() != wrapper->name.size();
  return Unwrapped{rest.subspan(wrapper->operands), by_path ? Meaning::changed : wrapper->meaning};
}

Feeding fed_by_xargs(std::span<const std::string> words) {
  Feeding out{words.subspan(1), {}};
  while (!out.words.empty() && out.words.front().starts_with('-') && out.words.front().size() > 1) {
    const bool last = out.words.front() == "--";
    const auto length = last ? std::size_t{1} : xargs_option(out.words, out.replaced);
    out.words = out.words.subspan(std::min(length, out.words.size()));
    if (last) break;
  }
  return out;
}

bool runs_its_arguments(std::span<const std::string> words) {
  const auto name = command_name(words.front());
  if (name == "find") return is_find_with_exec(words);
  return contains(runners, name) || is_shell(name) || name.starts_with("python") || name.starts_with("perl");
}

bool takes_only_data(std::span<const std::string> words) {
  const auto name = command_name(words.front());
  if (contains(data_only, name)) return !is_builtin_test(name) || !(sets_variable(words) || holds_subscript(words));
  if (name == "find") return !is_find_with_exec(words);
  if (contains(awks, name)) return is_plain_awk(words);
  if (words.size() < 2) return false;
  if (name == "git") return contains(git_data_only, words[1]);
  return name == "command" && (words[1] == "-v" || words[1] == "-V");
}

bool is_awk(std::string_view name) {
  return contains(awks, name);
}

bool has_shell_text(std::string_view name) {
  return contains(shell_texts, name);
}

bool reads_commands(std::span<const std::string> words) {
  const auto name = command_name(words.front());
  if (contains(input_runners, name) || contains(awks, name)) return true;
  const auto rest = words.subspan(1);
  if (name == "sudo") return std::ranges::any_of(rest, [](const std::string& w) { return w == "-s" || w == "-i"; });
  const bool has_program = runs_its_arguments(words) || name == "make" || name == "gmake" || name == "sed";
  if (has_program && std::ranges::any_of(rest, is_input)) return true;
  if (!contains(interpreters, name) && !name.starts_with("python") && !name.starts_with("perl")) return false;
  if (rest.size() == 1 && (rest[0] == "-V" || rest[0] == "-v" || rest[0].starts_with("--"))) return false;
  const auto operands = std::ranges::count_if(rest, [](const std::string& word) { return !word.starts_with('-'); });
  const bool names_user = name == "su" || name == "chroot";
  return operands <= (names_user ? 1 : 0);
}

bool holds_expansion(std::string_view text) {
  if (text.find('`') != std::string_view::npos) return true;
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (std::string_view(" \t\n/|),").find(next) != std::string_view::npos) continue;
    const char before = at > 0 ? text[at - 1] : ' ';
    const char after = at + 2 < text.size() ? text[at + 2] : ' ';
    const bool is_address = std::string_view(" \n,;{").find(before) != std::string_view::npos &&
                            std::string_view("!=acdipqsGHNPx").find(next) != std::string_view::npos &&
                            std::string_view(" \\;}/|!").find(after) != std::string_view::npos;
    if (!is_address) return true;
  }
  return false;
}

bool is_run_variable(std::string_view name) {
  return contains(run_variables, name) || name.starts_with("GIT_CONFIG");
}

bool is_shell(std::string_view name) {
  return contains(shells, name);
}

bool changes_the_shell(std::span<const std::string> words) {
  const auto name = command_name(words.front());
  return contains(shell_changers, name) || sets_variable(words);
}

bool evaluates_its_words(std::span<const std::string> words) {
  const auto name = command_name(words.front());
  if (name == "compgen" || name == "complete") return words.size() > 1;
  if (!changes_the_shell(words)) return false;
  if (holds_subscript(words)) return true;
  if (name != "mapfile" && name != "readarray") return false;
  return std::ranges::any_of(
      words, [](const std::string& word) { return word.starts_with('-') && word.find('C') != std::string::npos; });
}

}  // namespace errand::policy
