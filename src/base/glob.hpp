#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace errand::glob {

/// A compiled path pattern, matched against whole relative paths ("src/a.cpp", no leading or trailing '/').
///
/// As git's wildmatch with WM_PATHNAME: '*' and '?' stay within one component, "**" as a whole component is any number
/// of components (at the end: at least one), "[a-z]", "[!x]" and "[[:digit:]]" are sets that never match '/', '\\'
/// takes the next character as it is. A leading '.' is nothing special. '?' and sets take one UTF-8 character where
/// git takes a byte; a '[' without its ']' and a final '\\' stand for themselves where git never matches. Braces are
/// literal; see expand_braces().
///
/// Matching takes at most |pattern| * |path| steps, whatever the pattern.
class Pattern {
 public:
  explicit Pattern(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view path) const;

  /// Whether a path below `directory` ("" is the top) could match; walks use it to leave out trees.
  [[nodiscard]] bool may_match_below(std::string_view directory) const;

 private:
  enum class Kind { literal, any, star, set };
  struct Token {
    Kind kind = Kind::literal;
    std::string text;                                   ///< literal
    bool negated = false;                               ///< set
    std::vector<std::pair<char32_t, char32_t>> ranges;  ///< set: first and last
  };
  struct Segment {
    bool any_depth = false;  ///< "**"
    std::vector<Token> tokens;
  };

  static std::optional<Token> parse_set(std::string_view pattern, std::size_t& at);
  static bool matches_segment(const Segment& segment, std::string_view name);
  static std::optional<std::size_t> match_token(const Token& token, std::string_view text, std::size_t at);

  std::vector<Segment> segments_;
};

/// "{a,b}" as the patterns it stands for, nested ones too; "{a}" and an unbalanced brace are literal, '\\' and "[…]"
/// protect what is in them. Fails with `failure` beyond max_alternatives.
Result<std::vector<std::string>> expand_braces(std::string_view pattern);
inline constexpr std::size_t max_alternatives = 1024;

enum class EntryKind { file, directory };

/// One line of a .gitignore: https://git-scm.com/docs/gitignore, "PATTERN FORMAT".
class IgnorePattern {
 public:
  /// nullopt for blank lines and comments.
  static std::optional<IgnorePattern> parse(std::string_view line);

  [[nodiscard]] bool negated() const { return negated_; }

  /// Whether the pattern names this very path, relative to where the .gitignore lies. What lies below a directory that
  /// matches is not looked at: a walk does not enter it.
  [[nodiscard]] bool matches(std::string_view path, EntryKind kind) const;

  /// Whether the pattern names `path` or a directory above it.
  [[nodiscard]] bool covers(std::string_view path, EntryKind kind) const;

 private:
  explicit IgnorePattern(std::string_view pattern) : pattern_(pattern) {}

  Pattern pattern_;
  bool negated_ = false;
  bool directory_only_ = false;
  bool base_name_only_ = false;  ///< no '/' but at the end: any depth
};

/// The lines of one .gitignore. The last one that matches decides.
class IgnoreList {
 public:
  enum class Verdict { unmentioned, ignored, kept };

  /// Reads the whole file; a BOM and "\r\n" are as git takes them.
  static IgnoreList parse(std::string_view content);

  /// For a path relative to the file's directory, none of whose parents is ignored.
  [[nodiscard]] Verdict verdict(std::string_view path, EntryKind kind) const;
  [[nodiscard]] bool empty() const { return patterns_.empty(); }

 private:
  std::vector<IgnorePattern> patterns_;
};

}  // namespace errand::glob
