#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/recording.hpp"
#include "http/transport.hpp"

namespace errand::http {

/// What of a header's or a parameter's value may be secret: the whole value, and each word of it. "Bearer KEY", "KEY"
/// and "Token token=KEY, id=7" alike.
std::vector<std::string> secret_words(std::string_view value);

/// Takes secrets out of what is kept of an exchange. Keys that are known are removed wherever they stand, in the
/// spellings of secrets::spellings_of(); of the headers only those stay that are known to be harmless, all others lose
/// their value.
///
/// A secret shorter than `shortest_secret` is removed from headers alone: as text it would be any word.
class Redactor {
 public:
  static constexpr std::size_t shortest_secret = 8;
  static constexpr std::string_view mark = "[removed]";

  /// `secrets`: keys and tokens that are known.
  explicit Redactor(std::vector<std::string> secrets = {});

  /// Takes the values of the request's headers and of its URL's query for secrets too, and the words in them, but for
  /// those that are known to be harmless: a key that a command or a file gave is in no list.
  void learn(const Request& request);

  [[nodiscard]] std::string clean(std::string text) const;

  /// Without user, password, and the values of a query but for those of parameters known to be harmless.
  [[nodiscard]] std::string clean_url(std::string_view url) const;
  [[nodiscard]] std::vector<Header> clean_request_headers(const std::vector<Header>& headers) const;
  [[nodiscard]] std::vector<Header> clean_response_headers(const std::vector<Header>& headers) const;

  /// The pieces of a response: a secret is also found where it lies across several of them, and where a stream of JSON
  /// events has it in fragments, as a model that says it does. Where the pieces were cut stays.
  [[nodiscard]] std::vector<RecordedPiece> clean_pieces(std::vector<RecordedPiece> pieces) const;

 private:
  void add(const std::string& secret);
  [[nodiscard]] std::vector<RecordedPiece> clean_across(std::vector<RecordedPiece> pieces) const;

  std::vector<std::string> needles_;  // the secrets as they may be written, longest first
};

}  // namespace errand::http
