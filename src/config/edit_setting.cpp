#include "config/edit_setting.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "config/drafts.hpp"
#include "config/edit_file.hpp"
#include "config/load.hpp"
#include "config/lock.hpp"
#include "config/settings.hpp"
#include "config/yaml_edit.hpp"

namespace errand::config {

namespace {

using yaml::Kind;
using yaml::Node;
using Path = std::vector<std::string>;

// --- keys ---

// "models.*.context" for "models.gpt-4.1.context": a name may hold dots.
std::optional<Path> matched(const std::string& pattern, const std::string& key) {
  const auto star = pattern.find('*');
  if (star == std::string::npos) return pattern == key ? std::optional(text::split(key, '.')) : std::nullopt;
  const auto before = std::string_view(pattern).substr(0, star);
  const auto after = std::string_view(pattern).substr(star + 1);
  if (!key.starts_with(before) || !key.ends_with(after) || key.size() <= before.size() + after.size())
    return std::nullopt;
  Path out = text::split(before.substr(0, before.size() - 1), '.');
  out.push_back(key.substr(before.size(), key.size() - before.size() - after.size()));
  if (!after.empty()) {
    for (auto& part : text::split(after.substr(1), '.')) out.push_back(std::move(part));
  }
  return out;
}

std::vector<std::string> setting_patterns() {
  std::vector<std::string> out;
  for (const auto& key : setting_keys()) out.push_back(key.name);
  return out;
}

// What has to stand behind a pattern's name.
std::size_t suffix_size(const std::string& pattern) {
  const auto star = pattern.find('*');
  return star == std::string::npos ? pattern.size() : pattern.size() - star - 1;
}

// The maps that hold them: "retry", "models.*". "models.*.price" goes first, as `*` fits "mine.price" too.
std::vector<std::string> group_patterns() {
  std::vector<std::string> out;
  for (const auto& name : setting_patterns()) {
    for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      auto group = name.substr(0, dot);
      if (std::ranges::find(out, group) == out.end()) out.push_back(std::move(group));
    }
  }
  std::ranges::stable_sort(out, std::greater(), suffix_size);
  return out;
}

std::optional<Path> first_match(const std::vector<std::string>& patterns, const std::string& key) {
  for (const auto& pattern : patterns) {
    if (auto path = matched(pattern, key)) return path;
  }
  return std::nullopt;
}

enum class Named { setting, setting_or_group };

Result<Path> path_of(const std::string& key, Named what) {
  const auto known = setting_patterns();
  if (auto path = first_match(known, key)) return *std::move(path);
  if (what == Named::setting_or_group) {
    if (auto path = first_match(group_patterns(), key)) return *std::move(path);
  }
  auto near = key;  // as the pattern would have it
  if (const auto parts = text::split(key, '.');
      parts.size() > 2 && (parts.front() == "models" || parts.front() == "providers")) {
    near = fmt::format("{}.*.{}", parts.front(), parts.back());
  }
  return fail(ErrorKind::config, fmt::format("there is no setting \"{}\"", key),
              text::suggest(near, known, "settings"));
}

const Node* find(const Node& root, const Path& path) {
  const auto* node = &root;
  for (const auto& name : path) {
    node = node->kind == Kind::map ? node->find(name) : nullptr;
    if (node == nullptr) return nullptr;
  }
  return node;
}

// --- values ---

// The value alone in a document, as it is to be written; nullopt: so it is something else.
std::optional<Node> read_back(const std::string& written) {
  auto root = parse_clean(fmt::format("v: {}\n", written), "");
  if (!root || root->kind != Kind::map || root->keys.size() != 1) return std::nullopt;
  return std::move(root->items.front());
}

struct Value {
  std::string written;
  Node node;
};

Result<Value> value_of(const std::string& key, const std::string& value) {
  if (value.starts_with('[') || value.starts_with('{')) {
    if (value.find('\n') == std::string::npos) {
      if (auto node = read_back(value); node && node->flow) return Value{value, *std::move(node)};
    }
    return fail(ErrorKind::config, fmt::format("the value of {} is no YAML on one line", key),
                "write [a, b] or { name: value }, in quotes for the shell");
  }
  constexpr std::string_view special = ",[]{}";  // of maps in braces, where it may stand
  if (value.find_first_of(special) == std::string::npos && value.find('\n') == std::string::npos) {
    auto node = read_back(value);
    if (node && node->kind == Kind::scalar && node->plain && node->text == value) return Value{value, *std::move(node)};
  }
  auto quoted = yaml::in_quotes(value);
  auto node = read_back(quoted);
  if (node && node->kind == Kind::scalar && node->text == value) return Value{std::move(quoted), *std::move(node)};
  return fail(ErrorKind::config, fmt::format("the value of {} is no text", key), "UTF-8 without control characters");
}

// --- the tree as it is to be ---

Node map_node() {
  Node out;
  out.kind = Kind::map;
  return out;
}

void put(Node& root, const Path& path, const Node& value) {
  auto* node = &root;
  for (const auto& name : path) {
    if (node->kind == Kind::null) *node = map_node();
    if (node->find(name) == nullptr) {
      node->keys.push_back({name, {}});
      node->items.emplace_back();
    }
    node = &yaml::child(*node, name);
  }
  *node = value;
}

void take(Node& node, std::span<const std::string> path) {
  if (path.size() > 1) {
    auto& below = yaml::child(node, path.front());
    take(below, path.subspan(1));
    if (!below.keys.empty()) return;
  }
  yaml::drop(node, path.front());
}

// --- secrets ---

// "${TEAM}", or "Bearer ${TEAM}": a word that is no scheme may be a secret itself.
bool is_by_name(std::string_view header) {
  constexpr std::array<std::string_view, 5> schemes = {"bearer", "basic", "token", "apikey", "api-key"};
  constexpr std::string_view name_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  if (const auto blank = header.find(' '); blank != std::string_view::npos) {
    const auto word = text::lower(header.substr(0, blank));
    if (std::ranges::find(schemes, word) == schemes.end()) return false;
    header = text::trim(header.substr(blank));
  }
  if (!header.starts_with("${") || !header.ends_with('}') || header.size() < 4) return false;
  return header.find_first_not_of(name_letters, 2) == header.size() - 1;
}

bool are_by_name(const Node& headers) {
  return headers.kind == Kind::map && std::ranges::all_of(headers.items, [](const Node& item) {
           return item.kind == Kind::scalar && is_by_name(item.text);
         });
}

// Whatever stands on a command line is seen by all, and kept by the shell.
Result<void> check_no_secret(const Path& path, const Node& value) {
  auto alone = map_node();
  put(alone, path, value);
  const auto* providers = alone.find("providers");
  if (providers == nullptr) return {};
  const bool clean = std::ranges::all_of(providers->items, [](const Node& provider) {
    const auto* headers = provider.find("headers");
    return headers == nullptr || are_by_name(*headers);
  });
  if (clean) return {};
  return fail(ErrorKind::config, "headers may be secrets, which a command line is no place for",
              "name a variable, { x-team: \"${TEAM}\" }, or write them into the file by hand");
}

// --- the whole file ---

// Servers that other files name, so that their models can be named here.
SettingsDraft others(const SettingsDraft& own, const Sources& sources) {
  SettingsDraft out;
  const auto loaded = load(sources, Scope::settings);
  if (!loaded) return out;
  for (const auto& [name, provider] : loaded->settings.providers) {
    if (!own.providers.contains(name)) out.providers[name].base_url = provider.base_url;
  }
  return out;
}

std::vector<Error> mistakes_of(const YamlFile& file, const Node& root, const Sources& sources) {
  Findings findings;
  Reader reader(file.shown, parent_path(file.path), findings);
  const auto draft = read_settings(root, Layer::user, reader);
  check_settings({draft, others(draft, sources)}, sources, findings);
  return std::move(findings.mistakes);
}

/// Where a value was written, on one line; nowhere for one that was taken out.
struct Written {
  yaml::Mark mark;
  std::size_t size = 0;
};

bool is_in(const Written& value, const Error& mistake) {
  if (!mistake.where || mistake.where->line != value.mark.line) return false;
  const auto end = value.mark.column + static_cast<int>(value.size);
  return mistake.where->column >= value.mark.column && mistake.where->column < end;
}

// What was wrong elsewhere before stays so: another setting may be the one that mends it.
Result<void> check_new_mistakes(const YamlFile& file, const Node& after, const Written& value, const Sources& sources) {
  const auto before = mistakes_of(file, file.root, sources);
  auto mistakes = mistakes_of(file, after, sources);
  std::erase_if(mistakes, [&](const Error& mistake) {
    return !is_in(value, mistake) && std::ranges::find(before, mistake.message, &Error::message) != before.end();
  });
  for (auto& mistake : mistakes) mistake.where.reset();  // a place in a text that nobody sees
  if (!mistakes.empty()) return fail(combined(std::move(mistakes)));
  return {};
}

tl::unexpected<Error> cant_edit(const YamlFile& file, const std::string& key) {
  return fail(ErrorKind::config, fmt::format("can't change {} in {} without rewriting the file", key, file.shown),
              "change it by hand");
}

bool has_settings(const Node& root) {
  auto known = group_patterns();
  for (auto& name : setting_patterns()) known.push_back(std::move(name));
  return std::ranges::any_of(root.keys,
                             [&](const yaml::Key& key) { return std::ranges::find(known, key.name) != known.end(); });
}

Result<YamlFile> open_settings(const std::string& path, const Sources& sources) {
  ERRAND_TRY_ASSIGN(auto file, open_yaml_file(path, sources));
  if (file.root.keys.empty() || has_settings(file.root)) return file;
  return fail(ErrorKind::config, fmt::format("{} holds no setting of ours: it may be another program's", file.shown),
              "add the first setting by hand");
}

bool is_as_wanted(const Node& after, const Node& wanted) {
  const bool nothing_left = wanted.kind == Kind::map && wanted.keys.empty();
  if (nothing_left && after.kind == Kind::null) return true;
  return yaml::show(after) == yaml::show(wanted);
}

Result<Node> read_again(const YamlFile& file, const std::optional<std::string>& text, const Node& wanted,
                        const std::string& key) {
  if (!text) return cant_edit(file, key);
  auto after = parse_clean(*text, file.shown);
  if (!after || !is_as_wanted(*after, wanted)) return cant_edit(file, key);
  return *std::move(after);
}

}  // namespace

Result<std::string> settings_path(const Sources& sources, SettingsOwner owner) {
  if (sources.config_file) return normalize_path(join_path(sources.cwd, *sources.config_file));
  if (owner == SettingsOwner::project) return join_path(find_project_root(sources.cwd), "config.yaml");
  if (!sources.user_config_dir.empty()) return join_path(sources.user_config_dir, "config.yaml");
  return fail(ErrorKind::config, "there is no place for your settings", "set HOME or XDG_CONFIG_HOME");
}

Result<Location> set_setting(const Sources& sources, const std::string& path, const std::string& key,
                             const std::string& value) {
  ERRAND_TRY_ASSIGN(const auto place, path_of(key, value.starts_with('{') ? Named::setting_or_group : Named::setting));
  ERRAND_TRY_ASSIGN(const auto written, value_of(key, value));
  ERRAND_TRY(check_no_secret(place, written.node));
  ERRAND_TRY_ASSIGN(const auto held, lock_directory(parent_path(path)));
  ERRAND_TRY_ASSIGN(const auto file, open_settings(path, sources));
  auto wanted = file.root;
  put(wanted, place, written.node);
  const auto text = yaml::with_value(file.text, file.root, place, written.written);
  ERRAND_TRY_ASSIGN(const auto after, read_again(file, text, wanted, key));
  const auto mark = find(after, place)->mark;
  ERRAND_TRY(check_new_mistakes(file, after, {mark, written.written.size()}, sources));
  if (*text != file.text) ERRAND_TRY(write_file_atomic(file.path, *text, 0600));
  return Location{file.shown, mark.line, mark.column};
}

Result<Location> unset_setting(const Sources& sources, const std::string& path, const std::string& key) {
  ERRAND_TRY_ASSIGN(const auto place, path_of(key, Named::setting_or_group));
  if (!path_exists(path))
    return fail(ErrorKind::config, fmt::format("{} is not set: there is no {}", key, shown_path(path, sources)));
  ERRAND_TRY_ASSIGN(const auto held, lock_directory(parent_path(path)));
  ERRAND_TRY_ASSIGN(const auto file, open_settings(path, sources));
  const auto* old = find(file.root, place);
  if (old == nullptr) return fail(ErrorKind::config, fmt::format("{} is not set in {}", key, file.shown));
  auto wanted = file.root;
  take(wanted, place);
  const auto text = yaml::without_value(file.text, file.root, place);
  ERRAND_TRY_ASSIGN(const auto after, read_again(file, text, wanted, key));
  ERRAND_TRY(check_new_mistakes(file, after, {}, sources));
  ERRAND_TRY(write_file_atomic(file.path, *text, 0600));
  return Location{file.shown, old->mark.line, old->mark.column};
}

}  // namespace errand::config
