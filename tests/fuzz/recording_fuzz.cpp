#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/recording.hpp"
#include "http/redactor.hpp"
#include "http/replayer.hpp"

using namespace errand;
using namespace errand::http;

namespace {

std::string text_of(const Recording& recording) {
  auto out = header_lines(recording);
  for (const auto& exchange : recording.exchanges) out += exchange_lines(exchange);
  return out;
}

// Whatever is recorded can be asked for, and what is said of it is text.
void play(Recording recording) {
  Request request{.url = "http://localhost/v1/messages", .body = R"({"model":"m","messages":[]})"};
  request.on_warning = [](std::string_view, const std::string& message) {
    if (message.find('\x1b') != std::string::npos) std::abort();
  };
  const auto count = recording.exchanges.size();
  Replayer replayer(std::move(recording), {});
  for (std::size_t i = 0; i <= count && i < 8; ++i) {
    if (i < count) request.url = replayer.recording().exchanges[i].url;
    (void)replayer.send(request, [](const ResponseHead&, std::string_view) -> Result<void> { return {}; }, {});
  }
}

}  // namespace

// A recording from somebody: read or refused, never more. One that is read is written as it was, and a secret that is
// in none of its pieces' fragments stays in none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  auto recording = parse_recording(input, "f");
  if (!recording) {
    if (!recording.error().where || recording.error().message.empty()) std::abort();
    return 0;
  }
  const auto text = text_of(*recording);
  const auto again = parse_recording(text, "f");
  if (!again || text_of(*again) != text) std::abort();
  const Redactor redactor({"text/event", "claude-test"});
  for (const auto& exchange : recording->exchanges) {
    std::string whole;
    for (const auto& piece : redactor.clean_pieces(exchange.pieces)) whole += piece.bytes;
    if (whole.find("claude-test") != std::string::npos) std::abort();
  }
  play(*std::move(recording));
  return 0;
}
