#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret_needles.hpp"
#include "base/sync.hpp"

namespace errand::secrets {

/// How the value of a secret is known: as a key that requests carry, or from a variable whose name says so. Of the
/// latter, what may be a common word counts as none ("postgres").
enum class Source { key, variable };

/// A value that must be seen nowhere.
struct Secret {
  std::string value;
  std::string name;  ///< for the mark: "ANTHROPIC_API_KEY"
  Source source = Source::key;
};

/// Whether a variable of that name holds a secret, by the words it is made of: KEY, TOKEN, PASSWORD, …
[[nodiscard]] bool is_secret_name(std::string_view variable);

/// What stands in the place of a secret: "[removed: GitHub token]". Harmless inside a JSON string, and never itself
/// taken for a secret.
[[nodiscard]] std::string mark(std::string_view name);

/// Takes secrets out of text: values that are known, in the spellings of spellings_of(), and tokens and keys that are
/// known by their shape. Ordinary text comes through byte for byte: hashes, UUIDs, paths, encoded data, public keys and
/// placeholders are none. Thread-safe; time is linear in the text.
///
/// It is for what slips out by accident, not against a program that wants to hide what it says: whoever can run code
/// beside a secret can spell it in a way that nobody looks for.
class Redactor {
 public:
  /// Bytes of the shortest value that is looked for.
  static constexpr std::size_t shortest = 8;

  /// What is shorter than `shortest`, a placeholder ("not-needed") or known already is passed over.
  void learn(const std::vector<Secret>& secrets);

  /// The text without secrets; cleaning twice changes nothing more. Where the text was shortened ("…" at its end), what
  /// is left of a value that is known goes too.
  [[nodiscard]] std::string clean(std::string text) const;

  /// Whether clean() would change it.
  [[nodiscard]] bool finds_in(std::string_view text) const;

 private:
  friend class StreamRedactor;
  struct Known {
    std::vector<Secret> secrets;
    Needles needles;
  };
  [[nodiscard]] std::shared_ptr<const Known> known() const;

  Sync<std::shared_ptr<const Known>> known_{};
};

/// clean() over text that arrives in pieces. Only what may be the beginning of a secret is held back: of ordinary text
/// a word at most, and never more than `max_held_bytes`. One thread at a time.
class StreamRedactor {
 public:
  static constexpr std::size_t max_held_bytes = std::size_t{16} << 10U;

  /// `redactor` is borrowed; what it learns later counts from the next piece on.
  explicit StreamRedactor(const Redactor& redactor) : redactor_(redactor) {}

  std::string feed(std::string_view piece);
  std::string finish();  ///< what was held back; the next piece begins a new text

 private:
  std::string take(Ending ending);

  const Redactor& redactor_;
  std::string text_;         // what was let go last, to see where words begin, and what is held
  std::size_t context_ = 0;  // how much of it was let go
};

}  // namespace errand::secrets
