#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "policy/bash_rules.hpp"
#include "policy/glimpse.hpp"
#include "policy/shell.hpp"

// What is taken apart holds no byte that means more than itself outside quotes, comes back the same when it is put
// together again, and every command of it is seen by those who look for denied ones.

using namespace errand::policy;

namespace {

void demand(bool condition) {
  if (!condition) std::abort();
}

// Control characters never pass, whatever quotes stand around them.
bool is_text(std::string_view word) {
  return std::ranges::all_of(word, [](unsigned char c) { return (c >= 0x20 && c != 0x7F) || c == '\n' || c == '\t'; });
}

void check_command(const SimpleCommand& command, const Glimpse& glimpse) {
  demand(!command.words.empty());
  demand(std::ranges::all_of(command.words, is_text));
  demand(parse_command_line(quote_words(command.words)) == std::vector<SimpleCommand>{command});
  demand(glimpse.opaque || std::ranges::any_of(glimpse.sightings, [&](const Sighting& sighting) {
           return sighting.place == Sighting::Place::start && sighting.role == Sighting::Role::runs &&
                  sighting.words == command.words;
         }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto glimpse = look_over(line);
  match_command("rm *", line, glimpse);
  match_command("git * --force", line, glimpse);
  if (const auto commands = parse_command_line(line)) {
    for (const auto& command : *commands) check_command(command, glimpse);
  }
  return 0;
}
