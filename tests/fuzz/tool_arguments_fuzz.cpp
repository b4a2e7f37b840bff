#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "tool/registry.hpp"

// Whatever a model gives as arguments: parsed, checked, and shown to people before anything is decided. A refusal is
// one line that is not empty; what is accepted names its targets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const errand::tool::Registry registry = [] {
    errand::tool::Registry made;
    errand::tool::add_builtin(made);
    return made;
  }();
  const auto input = errand::chat::parse_arguments({reinterpret_cast<const char*>(data), size});
  if (!input) return 0;
  for (const auto& tool : registry.all()) {
    const auto valid = errand::tool::validate(tool->spec(), *input);
    if (!valid && (valid.error().message.empty() || valid.error().message.size() > 1000)) std::abort();
    const auto summary = tool->summary(*input);
    const auto subject = tool->subject(*input);
    const auto targets = tool->targets(*input);
    const bool touches_files =
        tool->spec().effect == errand::chat::Effect::read || tool->spec().effect == errand::chat::Effect::write;
    if (valid && (summary.empty() || targets.size() != (touches_files ? 1U : 0U))) std::abort();
  }
  return 0;
}
