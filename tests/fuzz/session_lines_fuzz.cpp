#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cli/session_lines.hpp"

using namespace errand;
using namespace errand::cli;

// Lines from anybody: each is read or skipped, whatever it is. What was read is written so that it is read again as it
// was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const secrets::Redactor redactor;
  for (const auto format : {LineFormat::errand, LineFormat::claude_code}) {
    const auto read = read_session_lines(input, format, redactor);
    for (const auto& session : read.sessions) {
      const auto again = read_session_lines(lines_of(session, {}), LineFormat::errand, redactor);
      if (again.sessions.size() != 1 || !again.skipped.empty()) std::abort();
      if (again.sessions[0].records != session.records || again.sessions[0].runs != session.runs) std::abort();
    }
  }
  return 0;
}
