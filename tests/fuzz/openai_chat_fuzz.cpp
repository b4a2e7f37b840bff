#include "reply_fuzz.hpp"

using namespace errand::provider;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto codec = make_openai_chat_codec();
  const Endpoint endpoint{{"openai", errand::chat::Protocol::openai_chat, "https://a", {}, "", false}, {}};
  fuzz::check_reply(*codec, endpoint, {reinterpret_cast<const char*>(data), size}, "\"error\":false,");
  return 0;
}
