#pragma once

#include <cstddef>
#include <string_view>

#include "base/secret_needles.hpp"

namespace errand::secrets {

/// Finds what is a secret by its shape, in text[from…]; what stands before says what that is: "password=" may have been
/// let go already.
///
/// Tokens with the prefix and the length their makers gave them, JSON web tokens, private keys in PEM, passwords in
/// URLs, credentials of `Authorization`, and what is assigned to a name like "password" when it looks random. A
/// placeholder ("sk-ant-...", "YOUR_API_KEY", "${TOKEN}") is none.
[[nodiscard]] Findings find_shapes(std::string_view text, std::size_t from, Ending ending);

// What the shapes are made of, in their own files.

/// What was seen at one place of a text.
struct Look {
  /// end_of_text: nobody can say before more has come, and what stands from `begin` on has to wait.
  enum class At { nothing, secret, end_of_text };
  At at = At::nothing;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name{};
  bool may_change = false;  ///< a secret only as long as no more text comes
};

[[nodiscard]] Look look_at_token(std::string_view text, std::size_t at);
[[nodiscard]] Look look_at_web_token(std::string_view text, std::size_t at);    ///< at "eyJ"
[[nodiscard]] Look look_at_private_key(std::string_view text, std::size_t at);  ///< at "-----BEGIN"
[[nodiscard]] Look look_at_url(std::string_view text, std::size_t at);          ///< at "://"
[[nodiscard]] Look look_at_assignment(std::string_view text, std::size_t at);   ///< at "password", "token", …
[[nodiscard]] Look look_at_credentials(std::string_view text, std::size_t at);  ///< at "Bearer", "Basic"

/// The beginnings of the tokens that look_at_token() knows, each of three bytes or more.
[[nodiscard]] std::vector<std::string_view> token_prefixes();
[[nodiscard]] std::vector<std::string_view> assignment_words();  ///< in lower case

/// Whether no word of text goes on at `at` from before it; "\n" and "%20" in front of it are escapes, no letters.
[[nodiscard]] bool begins_word(std::string_view text, std::size_t at);

/// Whether it is written to stand for something else: "YOUR_KEY", "xxxxxxxx", "AKIA…EXAMPLE".
[[nodiscard]] bool is_placeholder(std::string_view value);

/// Whether letters and digits are mixed as in no word, name, path, date, version or UUID.
[[nodiscard]] bool looks_random(std::string_view value);

}  // namespace errand::secrets
