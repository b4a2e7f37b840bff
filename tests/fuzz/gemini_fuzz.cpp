#include "reply_fuzz.hpp"

using namespace errand::provider;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto codec = make_gemini_codec();
  const Endpoint endpoint{{"gemini", errand::chat::Protocol::gemini, "https://a", {}, "", false}, {}};
  fuzz::check_reply(*codec, endpoint, {reinterpret_cast<const char*>(data), size}, "\"x\":0,");
  return 0;
}
