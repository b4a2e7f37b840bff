#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.hpp"
#include "chat/codec.hpp"

// Two parsers read what comes from outside: what the fast one takes, the other one must take for the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = errand::chat::parse_json(text);
  if (errand::chat::nests_deeper_than(text, errand::chat::max_json_depth)) return 0;
  const auto direct = errand::Json::parse(text, nullptr, false);
  if (parsed.has_value() == direct.is_discarded()) std::abort();
  if (parsed && (*parsed != direct || errand::chat::dump(*parsed) != errand::chat::dump(direct))) std::abort();
  return 0;
}
