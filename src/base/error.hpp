#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace errand {

/// Why something failed. Each kind is one exit code (cli/exit_code.hpp) and one
/// `error.kind` in JSON; the names are part of the public interface.
enum class ErrorKind {
  failure,      ///< the run ended without an answer, or a named thing does not exist
  usage,        ///< the command line is wrong
  config,       ///< a YAML or settings file is wrong, or names something nobody defined
  auth,         ///< no key, or the key was refused
  unavailable,  ///< network, overload, rate limit, provider failure
  denied,       ///< a permission or the sandbox refused
  limit,        ///< turns, tokens, money, context window, output length
  schema,       ///< an answer does not validate
  storage,      ///< the store can't be read or written
  internal,     ///< a bug
  busy,         ///< another process holds the session or lock
  timeout,      ///< a deadline passed
  cancelled,    ///< the user asked to stop
};

/// The kind's public name, as in JSON: "failure", "usage", …
std::string_view name_of(ErrorKind kind);

/// The kind with that public name.
std::optional<ErrorKind> error_kind_named(std::string_view name);

/// A position in a file a user wrote. Lines and columns count from 1; 0 is unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const Location&) const = default;
};

/// "file:line:column", without the parts that are unknown.
std::string to_string(const Location& where);

/// An expected failure, as a value: what failed (with the value), where, and what to do.
/// Texts are lower case, without a final dot, and never hold a secret.
struct Error {
  ErrorKind kind = ErrorKind::failure;
  std::string message;
  std::string hint;                  ///< what to do next; may be empty
  std::optional<Location> where;     ///< the place in a file the user wrote
  std::vector<std::string> context;  ///< "while …" frames, innermost first
  bool retryable = false;            ///< the same call may succeed later
  std::vector<Error> others{};       ///< further mistakes that were found at once (configuration)
  std::string code{};                ///< says more than the kind where somebody acts on it: see error_code
  bool operator==(const Error&) const = default;

  /// Adds a frame outward: `return std::move(error).within("while loading agents.yaml")`.
  Error&& within(std::string frame) && {
    context.push_back(std::move(frame));
    return std::move(*this);
  }
};

/// The values of Error::code.
namespace error_code {
inline constexpr std::string_view context_window = "context_window";  ///< `limit`: the request does not fit the model
inline constexpr std::string_view rate_limit = "rate_limit";          ///< `unavailable`: too much in too short a time
inline constexpr std::string_view no_credit = "no_credit";            ///< `unavailable`: the account is empty
}  // namespace error_code

/// The errors (one at least) as one: the first, with the others beside it.
Error combined(std::vector<Error> errors);

/// The error as people read it: "error: …", then indented "at", "while" and "hint" lines, each ended by '\n'; then the
/// others likewise.
std::string describe(const Error& error);

template <class T>
using Result = tl::expected<T, Error>;

/// What a failing function returns: `return fail(ErrorKind::usage, "…", "hint")`.
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(hint), std::nullopt, {}, false, {}, {}});
}

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

/// A failure of a system call: message, then the text of `error_number`. ENOSPC, EDQUOT and EROFS say what to do.
tl::unexpected<Error> fail_errno(ErrorKind kind, std::string_view message, int error_number);

}  // namespace errand
