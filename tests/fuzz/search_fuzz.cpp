#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/unicode.hpp"
#include "store/search_query.hpp"
#include "store/search_snippet.hpp"
#include "store/search_text.hpp"
#include "store/search_tokens.hpp"

using namespace errand;
using namespace errand::store;

namespace {

// Tokens stand in order within the text, are bounded, and are no operators.
void check_tokens(std::string_view text) {
  std::size_t last_begin = 0;
  bool first = true;
  for_each_token(text, [&](const SearchToken& token) {
    if (token.begin >= token.end || token.end > text.size()) std::abort();
    if (token.text.empty() || token.text.size() > max_token_bytes || !unicode::is_valid_utf8(token.text)) std::abort();
    if (token.text.find_first_of("\"*\x1F") != std::string_view::npos) std::abort();
    if (token.place == SearchToken::Place::next && !first && token.begin < last_begin) std::abort();
    if (token.place == SearchToken::Place::same && first) std::abort();
    last_begin = token.begin;
    first = false;
    return true;
  });
}

}  // namespace

// The first line is a query, the rest a text, which is taken as a stored message too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto query = input.substr(0, input.find('\n'));
  const auto text = input.substr(std::min(input.size(), query.size() + 1));
  check_tokens(text);
  const auto message = searchable_of("assistant", std::string(text));
  check_tokens(message.text());
  const auto parsed = parse_search(query);
  if (!parsed) return 0;
  match_expression(*parsed, {{"role:user"}});
  const auto occurrences = occurrences_in(text, *parsed);
  for (const auto& occurrence : occurrences) {
    if (occurrence.begin >= occurrence.end || occurrence.end > text.size()) std::abort();
  }
  snippet_of(text, occurrences);
  return 0;
}
