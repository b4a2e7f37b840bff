#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/session_lines.hpp"
#include "cli/sessions.hpp"
#include "cli/transcript.hpp"

namespace errand::cli {

Result<int> sessions_show(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  ERRAND_TRY_ASSIGN(const auto info, desk.find(call.words[0]));
  ERRAND_TRY_ASSIGN(const auto records, desk.store->records(info.id));
  if (!call.options.json) return print_out(transcript(info, records));
  auto items = Json::array();
  for (const auto& record : records) items.push_back(record_json(record));
  return print_json({{"session", session_json(info)}, {"records", std::move(items)}});
}

}  // namespace errand::cli
