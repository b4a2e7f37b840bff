#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace errand::cli {

/// An option as help and completion tell of it.
struct OptionFacts {
  std::vector<std::string> names;  ///< "--file", "-f"
  std::string value;               ///< what it takes: "FILE", "text|json"; empty for a flag
  std::string help;
  std::string group;  ///< its title in help
};

/// Where a command line has got to that somebody is still typing.
struct OptionsSoFar {
  std::vector<std::string> words;
  std::optional<OptionFacts> awaits;  ///< the next token is the value of this one
  bool options_ended = false;         ///< by `--`
};

/// The options of one command, and the words that are none.
///
/// Words never pass through the option parser: CLI11 would unpack "[a, b]" into two values and take a word that is a
/// verb for a command, and a prompt must come through byte for byte. So the command line is first taken apart into
/// option tokens and words, by what is declared here; `--` ends options. CLI11 then reads the option tokens alone.
///
/// The variables are borrowed until parse() has returned.
class Options {
 public:
  Options(std::string usage, std::string description);
  Options(Options&&) noexcept;
  ~Options();

  void group(const std::string& title);  ///< of the options declared from here on, in help
  void flag(const std::string& names, bool& out, const std::string& help);
  void count(const std::string& names, int& out, const std::string& help);
  void text(const std::string& names, std::optional<std::string>& out, const std::string& placeholder,
            const std::string& help);
  /// `--name` alone sets an empty text; a value is attached as `--name=value`.
  void optional_text(const std::string& names, std::optional<std::string>& out, const std::string& placeholder,
                     const std::string& help);
  void list(const std::string& names, std::vector<std::string>& out, const std::string& placeholder,
            const std::string& help);  ///< repeatable, one value each
  void number(const std::string& names, std::optional<std::int64_t>& out, std::int64_t min, const std::string& help);
  void money(const std::string& names, std::optional<double>& out, const std::string& help);
  void duration(const std::string& names, std::optional<std::chrono::milliseconds>& out, const std::string& help);
  void choice(const std::string& names, std::optional<std::string>& out, const std::vector<std::string>& values,
              const std::string& help);

  /// "-2" is a word from now on, not an option that nobody declared.
  void take_numbers_as_words();

  /// Reads `args` and returns the words in order. Mistakes are `usage`: an unknown option with the nearest known one, a
  /// missing or malformed value.
  Result<std::vector<std::string>> parse(std::span<const std::string> args);

  /// Whether the token, were it given, is an option that these declare ("-q", "--quiet", "--model=x").
  [[nodiscard]] bool knows(std::string_view token) const;

  /// The index of the first word in `args`, or its size: what the verb is looked for by.
  [[nodiscard]] std::size_t first_word(std::span<const std::string> args) const;

  /// Takes a line apart as parse() does that need not be whole or right: unknown options are passed over.
  [[nodiscard]] OptionsSoFar so_far(std::span<const std::string> args) const;

  [[nodiscard]] std::string help() const;
  [[nodiscard]] std::vector<std::string> names() const;  ///< every "--name" and "-n", for checks
  [[nodiscard]] std::vector<OptionFacts> facts() const;  ///< in the order of their declaration

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace errand::cli
