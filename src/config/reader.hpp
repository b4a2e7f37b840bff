#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "config/configuration.hpp"
#include "config/yaml.hpp"

// Internal to this room: checked values out of a YAML tree, and maps read by a table of their keys.
namespace errand::config {

/// A key that was read and checked, and that nothing uses yet.
struct UnusedKey {
  std::string name;
  Location where;
  auto operator<=>(const UnusedKey& other) const { return name <=> other.name; }
  bool operator==(const UnusedKey& other) const { return name == other.name; }
};

/// What the files gave beside values.
struct Findings {
  std::vector<Error> mistakes;
  std::vector<Warning> warnings;
  std::vector<UnusedKey> unused;
  std::vector<UnusedKey> without_effect;  ///< older keys that mean nothing here
};

/// Reads values of one file. Every failing reader adds a mistake that names the key by its whole path, and returns
/// nothing. Messages read `limits.max_turns of agent "coder" must be …`.
class Reader {
 public:
  /// `file` is the name people see; `directory` is where relative paths in it start.
  Reader(std::string file, std::string directory, Findings& findings)
      : file_(std::move(file)), directory_(std::move(directory)), findings_(findings) {}

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] Location at(yaml::Mark mark) const { return {file_, mark.line, mark.column}; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& subject() const { return subject_; }

  /// `path of subject`, or what there is of it.
  [[nodiscard]] std::string name() const;

  void mistake(yaml::Mark mark, std::string_view message, std::string_view hint = {});
  void mistake(Error error, yaml::Mark mark);  ///< an error of a parser below, placed
  void unknown(yaml::Mark mark, std::string_view noun, std::string_view name, std::span<const std::string> known);
  /// `path of subject must be a, b or c, not …`, with the nearest of `words`.
  void wrong_word(const yaml::Node& node, std::span<const std::string_view> words);
  void warn(std::string_view code, yaml::Mark mark, std::string_view message);
  void not_used_yet(yaml::Mark mark);
  void without_effect(yaml::Mark mark);
  void wrong_type(const yaml::Node& node, std::string_view wanted);

  std::optional<std::string> text(const yaml::Node& node);  ///< any scalar
  std::optional<std::string> word(const yaml::Node& node);  ///< not empty
  std::optional<bool> boolean(const yaml::Node& node);
  std::optional<std::int64_t> integer(const yaml::Node& node, std::int64_t least, std::int64_t most);
  std::optional<double> number(const yaml::Node& node, double least);
  std::optional<std::chrono::milliseconds> duration(const yaml::Node& node, std::chrono::milliseconds least);
  std::optional<std::uint64_t> size_bytes(const yaml::Node& node, std::uint64_t least);
  std::optional<std::vector<std::string>> words(const yaml::Node& node);  ///< a list
  bool is_map(const yaml::Node& node);
  bool is_list(const yaml::Node& node);

  /// Goes on below `key` until the returned value dies.
  class Below {
   public:
    Below(Reader& reader, std::string_view key);
    ~Below() { reader_.path_.resize(length_); }
    Below(const Below&) = delete;
    Below& operator=(const Below&) = delete;

   private:
    Reader& reader_;
    std::size_t length_;
  };
  Below below(std::string_view key) { return {*this, key}; }

  /// What the following values belong to: `agent "coder"`.
  void set_subject(std::string subject) { subject_ = std::move(subject); }

  /// Where values that were given are noted; nullptr: nowhere.
  void set_record(std::vector<GivenValue>* record) { record_ = record; }
  void note(const yaml::Node& node) { note(path_, yaml::show(node), node.mark); }
  void note(std::string key, std::string value, yaml::Mark mark);

 private:
  std::string file_;
  std::string directory_;
  Findings& findings_;
  std::string path_;
  std::string subject_;
  std::vector<GivenValue>* record_ = nullptr;
};

/// What is shown of a secret.
inline constexpr std::string_view secret_mark = "(set)";

/// One key of a kind of map: how it is named, shown, documented and read.
template <class T>
struct Key {
  enum class Use {
    value,   ///< has a value of its own
    group,   ///< a map with a table of its own
    secret,  ///< noted as "(set)", never as it is
    unused,  ///< checked; has no effect in this version
    older,   ///< an older spelling: read, and left out of what is suggested
  };
  std::string_view name;
  std::string_view type;
  std::string_view built_in;  ///< as it would be written; empty: none
  std::string_view description;
  void (*set)(const yaml::Node& value, T& target, Reader& reader);
  Use use = Use::value;
};

/// The names of a table that are suggested to people.
template <class T>
std::vector<std::string> names_of(std::span<const Key<T>> table) {
  std::vector<std::string> out;
  for (const auto& key : table) {
    if (key.use != Key<T>::Use::older) out.emplace_back(key.name);
  }
  return out;
}

template <class T>
void read_key(const yaml::Node& value, const Key<T>& key, T& target, Reader& reader) {
  using Use = typename Key<T>::Use;
  const auto below = reader.below(key.name);
  if (value.kind == yaml::Kind::null) {
    reader.mistake(value.mark, reader.name() + " has no value", "remove the key, or give it one");
    return;
  }
  if (key.use == Use::value || key.use == Use::unused) reader.note(value);
  if (key.use == Use::secret) reader.note(reader.path(), std::string(secret_mark), value.mark);
  if (key.use == Use::unused) reader.not_used_yet(value.mark);
  key.set(value, target, reader);
}

/// Reads a map by its table, in the table's order, so that a value never depends on the order it was written in.
template <class T>
void read_map(const yaml::Node& map, std::span<const Key<T>> table, T& target, Reader& reader) {
  if (!reader.is_map(map)) return;
  for (const auto& written : map.keys) {
    const auto is_it = [&](const Key<T>& key) { return key.name == written.name; };
    if (std::none_of(table.begin(), table.end(), is_it)) {
      reader.unknown(written.mark, "key", written.name, names_of(table));
    }
  }
  for (const auto& key : table) {
    if (const auto* value = map.find(key.name)) read_key(*value, key, target, reader);
  }
}

}  // namespace errand::config
