#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

// Internal to this room: YAML text as a tree that knows where each value stood. yaml-cpp is behind yaml.cpp alone.
namespace errand::config::yaml {

/// Largest file read; a hand-written one has a hundredth of it. yaml-cpp takes about a second for a megabyte.
inline constexpr std::size_t max_bytes = std::size_t{512} << 10U;
inline constexpr int max_depth = 32;
/// Values in a document, those that aliases repeat counted each time, and the bytes of their text: what an alias bomb
/// meets first.
inline constexpr std::size_t max_values = 100'000;
inline constexpr std::size_t max_text_bytes = 4 * max_bytes;  // 2 MiB

/// Keys of one map. Looking for duplicates takes the square of it.
inline constexpr std::size_t max_keys = 1'000;
/// Mistakes that are told of at once; a file with more is no YAML of ours.
inline constexpr std::size_t max_mistakes = 200;

/// A message repeats what was written; this much of it is enough to find it.
inline constexpr std::size_t max_message_columns = 500;

enum class Kind { null, scalar, list, map };

/// Counts from 1; columns of what was parsed are bytes, and a byte order mark is none of them.
struct Mark {
  int line = 0;
  int column = 0;
};

struct Key {
  std::string name;
  Mark mark;
};

struct Node {
  Kind kind = Kind::null;
  Mark mark;
  bool plain = true;      ///< a scalar without quotes, that may be a number or true
  bool flow = false;      ///< written in [] or {}
  std::string text;       ///< of a scalar
  std::vector<Key> keys;  ///< of a map; keys[i] belongs to items[i]
  std::vector<Node> items;

  /// The value of a map's first key `name`; nullptr when there is none.
  [[nodiscard]] const Node* find(std::string_view name) const;
};

/// What parse() found. With mistakes, `root` still holds what could be read, so that one look reports them all.
struct Document {
  Node root;            ///< null for an empty file
  bool usable = false;  ///< false when the text is no YAML at all: root is empty
};

/// Parses `text`, named `file` in messages. Mistakes are added for what is no YAML, and for what YAML has and these
/// files do not: duplicate and complex keys, merge keys, tags, a second document, bytes that are not UTF-8 text.
/// `first_line` is the line of the file `text` starts at.
Document parse(std::string_view text, const std::string& file, std::vector<Error>& mistakes, int first_line = 1);

/// The value on one line, as JSON with plain scalars left plain: `{max_turns: 20, tools: [Read]}`.
std::string show(const Node& node);

/// For messages: "a list", "a map", "nothing", `"many"`.
std::string describe_kind(const Node& node);

}  // namespace errand::config::yaml
