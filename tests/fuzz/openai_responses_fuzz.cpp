#include "reply_fuzz.hpp"

using namespace errand::provider;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto codec = make_openai_responses_codec();
  Endpoint endpoint{{"openai", errand::chat::Protocol::openai_responses, "https://a", {}, "", false}, {}};
  endpoint.model.thinking = errand::chat::ThinkingStyle::effort;  // so that reasoning items are sent back
  fuzz::check_reply(*codec, endpoint, {reinterpret_cast<const char*>(data), size}, "\"x\":0,");
  return 0;
}
