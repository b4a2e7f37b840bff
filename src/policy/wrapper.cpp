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
    {".",       "alias",   "at",      "awk",      "batch", "builtin", "busybox",     "chroot",  "chrt",
     "command", "coproc",  "crontab", "docker",   "doas",  "emacs",   "entr",        "env",     "eval",
     "exec",    "expect",  "flock",   "function", "gawk",  "gdb",     "ionice",      "kubectl", "ltrace",
     "lua",     "mawk",    "nice",    "node",     "nohup", "nsenter", "parallel",    "perf",    "perl",
     "php",     "podman",  "python",  "python3",  "ruby",  "screen",  "script",      "select",  "setsid",
     "source",  "ssh",     "stdbuf",  "strace",   "su",    "sudo",    "systemd-run", "taskset", "tclsh",
     "time",    "timeout", "tmux",    "toybox",   "trap",  "unshare", "valgrind",    "watch",   "xargs"});

constexpr auto data_only = std::to_array<std::string_view>(
    {"[",     "basename", "cat",    "cd",    "chmod", "chown",  "cmp",   "cp",       "cut",      "date",  "df",
     "diff",  "dirname",  "du",     "echo",  "egrep", "false",  "fgrep", "grep",     "head",     "jq",    "ls",
     "kill",  "ln",       "md5sum", "mkdir", "mv",    "printf", "pwd",   "readlink", "realpath", "rmdir", "sha256sum",
     "sleep", "stat",     "tail",   "test",  "touch", "tr",     "true",  "type",     "uniq",     "wc",    "which"});

constexpr auto git_data_only =
    std::to_array<std::string_view>({"add", "blame", "branch", "checkout", "commit", "diff", "log", "merge", "mv",
                                     "restore", "rm", "show", "status", "tag"});

constexpr auto shell_changers = std::to_array<std::string_view>(
    {".",     "alias",   "declare", "enable",   "eval", "exec",  "export", "function", "hash",    "let",
     "local", "mapfile", "read",    "readonly", "set",  "shopt", "source", "trap",     "typeset", "unset"});

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

bool runs_its_arguments(std::span<const std::string> words) {
  const auto name = command_name(words.front());
  if (name == "find") return is_find_with_exec(words);
  return contains(runners, name) || is_shell(name) || name.starts_with("python") || name.starts_with("perl");
}

bool takes_only_data(std::span<const std::string> words) {
  const auto name = command_name(words.front());
  if (contains(data_only, name)) return true;
  if (name == "find") return !is_find_with_exec(words);
  if (words.size() < 2) return false;
  if (name == "git") return contains(git_data_only, words[1]);
  return name == "command" && (words[1] == "-v" || words[1] == "-V");
}

bool is_shell(std::string_view name) {
  return contains(shells, name);
}

bool changes_the_shell(std::string_view name) {
  return contains(shell_changers, name);
}

}  // namespace errand::policy
