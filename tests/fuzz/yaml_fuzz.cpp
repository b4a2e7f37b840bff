#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/env_file.hpp"
#include "config/front_matter.hpp"
#include "config/script_reader.hpp"
#include "config/settings_reader.hpp"

using namespace errand;
using namespace errand::config;

namespace {

enum class Kind { agents, subagents, settings, script, skill, markdown_subagent, env };

void read(Kind kind, std::string_view text, Findings& findings) {
  switch (kind) {
    case Kind::skill:
      read_skill(text, "f", "name", findings.mistakes);
      return;
    case Kind::markdown_subagent:
      read_markdown_subagent(text, "f", findings.mistakes);
      return;
    case Kind::env:
      parse_env(text, "f");
      return;
    case Kind::agents:
    case Kind::subagents:
    case Kind::settings:
    case Kind::script:
      break;
  }
  const auto document = yaml::parse(text, "f", findings.mistakes);
  if (!document.usable) return;
  Reader reader("f", "/d", findings);
  if (kind == Kind::agents) read_definitions(document.root, DefinitionKind::agent, reader);
  if (kind == Kind::subagents) read_definitions(document.root, DefinitionKind::subagent, reader);
  if (kind == Kind::settings) read_settings(document.root, Layer::project, reader);
  if (kind == Kind::script) read_script(document.root, reader);
}

// A mistake says something, and where; what it repeats from the file is safe to show.
void check(const Findings& findings) {
  for (const auto& mistake : findings.mistakes) {
    if (mistake.message.empty() || !mistake.where) std::abort();
    if (describe(mistake).find('\x1b') != std::string::npos) std::abort();
  }
}

}  // namespace

// The first byte says what kind of file the rest is: 'a' agents, 'b' subagents, … 'g' .env.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto kind = static_cast<Kind>((data[0] + 1U) % 7U);
  Findings findings;
  read(kind, {reinterpret_cast<const char*>(data) + 1, size - 1}, findings);
  check(findings);
  return 0;
}
