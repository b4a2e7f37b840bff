#include "config/prompt_commands.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "config/drafts.hpp"
#include "config/front_matter.hpp"

namespace errand::config {

namespace {

constexpr std::size_t max_commands = 500;
constexpr std::size_t max_bytes = std::size_t{256} << 10U;
constexpr std::string_view suffix = ".md";
constexpr std::string_view all_of_it = "$ARGUMENTS";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, is_letter);
}

// Where to look, the nearest first; an empty root: links may lead anywhere.
struct Place {
  std::string directory;
  std::string root;
};

std::vector<Place> places(const Configuration& config) {
  std::vector<Place> out;
  const auto& root = config.project.root;
  for (const auto* below : {".agents/commands", ".claude/commands"}) out.push_back({join_path(root, below), root});
  if (!config.sources.user_config_dir.empty()) {
    out.push_back({join_path(config.sources.user_config_dir, "commands"), ""});
  }
  return out;
}

std::vector<std::string> entries_of(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code ignored;  // a directory that can't be listed has no commands
  for (std::filesystem::directory_iterator it(directory, ignored), end; !ignored && it != end; it.increment(ignored)) {
    out.push_back(it->path().string());
    if (out.size() == max_commands) break;
  }
  std::ranges::sort(out);
  return out;
}

// "[file]" is a list to YAML.
std::string line_of(const yaml::Node& root, std::string_view key) {
  const auto* node = root.find(key);
  if (node == nullptr || node->kind == yaml::Kind::null) return "";
  return std::string(text::first_line(node->kind == yaml::Kind::scalar ? node->text : yaml::show(*node)));
}

// What is no YAML ("description: Fix: a thing", "argument-hint: [who] [what]") is read as other programs do: what
// stands behind the key, without quotes around it.
std::string line_of(std::string_view front_matter, std::string_view key) {
  for (const auto& line : text::lines(front_matter)) {
    if (!line.starts_with(key) || line.substr(key.size(), 1) != ":") continue;
    auto value = text::trim(std::string_view(line).substr(key.size() + 1));
    const bool is_quoted =
        value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
    if (is_quoted) value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return "";
}

// What may stand in the front matter beside these two is for other programs.
PromptCommand described(std::string name, const std::string& path) {
  PromptCommand out{std::move(name), "", "", path};
  const auto text = read_file(path, max_bytes);
  if (!text) return out;
  std::vector<Error> ignored;  // most have none
  const auto front = parse_front_matter(*text, path, ignored);
  const auto written = std::string_view(*text).substr(0, front.body_at);
  const auto value = [&](std::string_view key) {
    return front.usable ? line_of(front.root, key) : line_of(written, key);
  };
  out.description = value("description");
  out.argument_hint = value("argument-hint");
  return out;
}

class Search {
 public:
  explicit Search(std::vector<PromptCommand>& found) : found_(found) {}

  void in(const Place& place) { in(place.directory, "", place.root); }

 private:
  void in(const std::string& directory, const std::string& group, const std::string& root) {
    for (const auto& path : entries_of(directory)) {
      const auto name = file_name(path);
      if (group.empty() && is_name(name) && is_directory(path)) {
        in(path, fmt::format("{}:", name), root);
      } else if (name.ends_with(suffix)) {
        add(group, name.substr(0, name.size() - suffix.size()), path, root);
      }
    }
  }

  void add(const std::string& group, const std::string& name, const std::string& path, const std::string& root) {
    if (!is_name(name) || found_.size() >= max_commands || !is_regular_file(path)) return;
    if (!root.empty() && !stays_in_project(path, root)) return;
    auto full = group + name;
    if (std::ranges::find(found_, full, &PromptCommand::name) != found_.end()) return;
    found_.push_back(described(std::move(full), path));
  }

  std::vector<PromptCommand>& found_;
};

// Words as a shell parts them: blanks, quotes, and a backslash before any sign.
std::vector<std::string> shell_words(std::string_view argument) {
  std::vector<std::string> out;
  std::optional<std::string> word;
  char quote = '\0';
  for (std::size_t i = 0; i < argument.size(); ++i) {
    const char c = argument[i];
    if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n')) {
      if (word) out.push_back(*std::exchange(word, std::nullopt));
      continue;
    }
    if (!word) word.emplace();
    if (c == '\\' && quote != '\'' && i + 1 < argument.size()) {
      *word += argument[++i];
    } else if (quote != '\0' ? c == quote : (c == '\'' || c == '"')) {
      quote = quote != '\0' ? '\0' : c;
    } else {
      *word += c;
    }
  }
  if (word) out.push_back(*word);
  return out;
}

// "12" of "12]…"; none: 0 digits.
std::size_t digits_at(std::string_view text) {
  const auto end = text.find_first_not_of("0123456789");
  return std::min({end, text.size(), std::size_t{4}});
}

class Filler {
 public:
  explicit Filler(std::string_view argument) : argument_(argument), words_(shell_words(argument)) {}

  std::string fill(std::string_view text) {
    while (!text.empty()) text.remove_prefix(step(text));
    if (!used_ && !argument_.empty()) out_ += fmt::format("\n\nARGUMENTS: {}", argument_);
    return std::move(out_);
  }

 private:
  // How much of the text it took.
  std::size_t step(std::string_view text) {
    if (text.starts_with("\\$")) return put("$", 2);
    if (text.starts_with(all_of_it)) return all_or_one(text);
    const auto digits = text.front() == '$' ? digits_at(text.substr(1)) : 0;
    if (digits > 0) return use(word(text.substr(1, digits)), 1 + digits);
    return put(text.substr(0, 1), 1);
  }

  std::size_t all_or_one(std::string_view text) {
    const auto rest = text.substr(all_of_it.size());
    const auto digits = rest.starts_with('[') ? digits_at(rest.substr(1)) : 0;
    if (digits > 0 && rest.size() > digits + 1 && rest[digits + 1] == ']') {
      return use(word(rest.substr(1, digits)), all_of_it.size() + digits + 2);
    }
    return use(argument_, all_of_it.size());
  }

  [[nodiscard]] std::string_view word(std::string_view number) const {
    const auto index = std::stoul(std::string(number));
    return index < words_.size() ? std::string_view(words_[index]) : std::string_view();
  }

  std::size_t use(std::string_view value, std::size_t taken) {
    used_ = true;
    return put(value, taken);
  }

  std::size_t put(std::string_view value, std::size_t taken) {
    out_ += value;
    return taken;
  }

  std::string_view argument_;
  std::vector<std::string> words_;
  std::string out_;
  bool used_ = false;
};

}  // namespace

std::vector<PromptCommand> find_prompt_commands(const Configuration& config) {
  std::vector<PromptCommand> out;
  Search search(out);
  for (const auto& place : places(config)) search.in(place);
  std::ranges::sort(out, {}, &PromptCommand::name);
  return out;
}

Result<std::string> expand(const PromptCommand& command, std::string_view argument) {
  auto text = read_file(command.path, max_bytes);
  if (!text) {
    auto error = std::move(text).error();
    error.kind = ErrorKind::config;
    return fail(std::move(error));
  }
  std::vector<Error> ignored;  // without front matter the file is all text; a malformed one is no text
  const auto front = parse_front_matter(*text, command.path, ignored);
  return fill_in(text::trim(std::string_view(*text).substr(front.body_at)), argument);
}

std::string fill_in(std::string_view text, std::string_view argument) {
  return Filler(argument).fill(text);
}

}  // namespace errand::config
