#pragma once

#include <map>
#include <set>
#include <string>

namespace errand::provider {

/// What an API accepts as the id of a tool call.
enum class CallIdStyle {
  plain,      ///< [a-zA-Z0-9_-], at most 64 bytes
  nine_alnum  ///< exactly nine letters and digits (Mistral)
};

/// Gives the tool calls of a history ids that an API accepts, each once: other providers number them "0", "1" in every
/// reply, or write "functions.weather:0". The same history gets the same ids, so turns stay prefixes of one another.
class CallIds {
 public:
  explicit CallIds(CallIdStyle style) : style_(style) {}

  /// A reply begins; the results that follow are for its calls.
  void next_reply() { current_.clear(); }
  /// The id a call of this reply is sent with.
  const std::string& of_call(const std::string& id);
  /// The id its result is sent with.
  [[nodiscard]] std::string of_result(const std::string& id) const;

 private:
  [[nodiscard]] std::string shaped(const std::string& id, int attempt) const;

  CallIdStyle style_;
  std::map<std::string, std::string> current_;
  std::set<std::string> used_;
  std::map<std::string, int> attempts_;  ///< how often an id has been asked for
};

}  // namespace errand::provider
