#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "agent/rewind.hpp"
#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/chat_hints.hpp"
#include "cli/output.hpp"
#include "cli/rewind_files.hpp"
#include "cli/sessions.hpp"
#include "cli/transcript.hpp"
#include "store/short_id.hpp"

namespace errand::cli {

namespace {

constexpr int max_prompts_back = 1'000'000;

Result<agent::Rewinding> planned(const SessionCall& call, const agent::Said& said) {
  if (call.options.undo_compaction) {
    if (call.words.size() > 1) return fail(ErrorKind::usage, "--undo-compaction goes to no message");
    return agent::undo_compaction(said);
  }
  const auto where = call.words.size() > 1 ? call.words[1] : std::string("-1");
  if (!where.starts_with('-')) return agent::rewind_to(said, where);
  int nth = 0;
  const auto* end = where.data() + where.size();
  const auto parsed = std::from_chars(where.data() + 1, end, nth);
  if (parsed.ec != std::errc{} || parsed.ptr != end || nth < 1 || nth > max_prompts_back) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" is neither a message nor a prompt", unicode::sanitize(where)),
                "-2 is before the prompt before the newest");
  }
  return agent::rewind_before_prompt(said, nth);
}

// Where the conversation ends afterwards; 0: before its first message.
std::int64_t end_after(const agent::Rewinding& rewinding, const store::History& history,
                       const std::vector<store::StoredRecord>& records) {
  std::string last;
  if (!rewinding.events.empty()) {
    last = rewinding.events.back().to;
  } else if (!history.messages.empty()) {
    last = history.messages.back().message_id;
  }
  const auto found = std::ranges::find(records, last, &store::StoredRecord::message_id);
  return last.empty() || found == records.end() ? 0 : found->position;
}

Result<int> tell_json(const SessionCall& call, const std::string& session, const agent::Rewinding& rewinding,
                      const std::vector<RestoredFile>& files) {
  Json out = {{"session", session},
              {"to", rewinding.events.empty() || rewinding.events.back().to.empty() ? Json(nullptr)
                                                                                    : Json(rewinding.events.back().to)},
              {"leaving", rewinding.leaving},
              {"returning", rewinding.returning},
              {"undoes_compaction", rewinding.undoes_compaction},
              {"dry_run", call.options.dry_run}};
  if (call.options.files) out["files"] = files_json(files);
  return print_json(out);
}

// As much of a message's id as tells it from the session's others.
std::string shortened(const std::string& id, const std::vector<store::StoredRecord>& records) {
  auto length = std::min(store::short_id_length, id.size());
  const auto is_shared = [&](const store::StoredRecord& record) {
    return record.message_id != id && record.message_id.starts_with(id.substr(0, length));
  };
  while (length < id.size() && std::ranges::any_of(records, is_shared)) ++length;
  return id.substr(0, length);
}

std::string way_back(const std::string& session, const std::string& message) {
  if (is_in_chat()) return fmt::format("/rewind {}", message);
  return fmt::format("\"errand sessions rewind {} {}\"", store::short_id(session), message);
}

Result<int> tell(const SessionCall& call, const std::string& session, const agent::Rewinding& rewinding,
                 const std::vector<store::StoredRecord>& records) {
  const bool dry = call.options.dry_run;
  if (dry) ERRAND_TRY(print_out(transcript_of(records, rewinding.leaving)));
  if (rewinding.events.empty()) {
    print_note(call.invocation.globals, "the conversation stands there already");
    return 0;
  }
  auto line = fmt::format("{} {} the conversation", text::count_of(rewinding.leaving.size(), "message"),
                          dry ? "would leave" : "left");
  if (!rewinding.returning.empty()) line += fmt::format(", {} returned", rewinding.returning.size());
  if (rewinding.undoes_compaction) line += ", and the compaction is undone";
  if (!dry && !rewinding.leaving.empty()) {
    line += fmt::format("; {} brings them back", way_back(session, shortened(rewinding.leaving.back(), records)));
  }
  print_note(call.invocation.globals, line);
  return 0;
}

}  // namespace

Result<int> sessions_rewind(const SessionCall& call) {
  if (call.options.force && !call.options.files) return fail(ErrorKind::usage, "--force goes with --files");
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  ERRAND_TRY_ASSIGN(const auto info, desk.find(call.words[0]));
  std::unique_ptr<store::Lease> lease;
  if (!call.options.dry_run) {
    ERRAND_TRY_ASSIGN(lease, desk.store->lease(info.id));
  }
  ERRAND_TRY_ASSIGN(const auto history, desk.store->read_history(info.id));
  ERRAND_TRY_ASSIGN(const auto records, desk.store->records(info.id));
  ERRAND_TRY_ASSIGN(const auto rewinding, planned(call, {history, records}));
  std::vector<agent::RestoreStep> steps;
  if (call.options.files) {
    ERRAND_TRY_ASSIGN(steps, plan_files(call, *desk.store, info, end_after(rewinding, history, records)));
  }
  if (!call.options.dry_run && !rewinding.events.empty()) {
    std::vector<store::Lasting> events;
    for (const auto& event : rewinding.events) events.push_back({0, info.id, "", "root", now(), event});
    ERRAND_TRY(desk.store->append(info.id, events, {}));
  }
  const auto files = restore_files(call, *desk.store, info, std::move(steps));
  ERRAND_TRY_ASSIGN(const int code, call.options.json ? tell_json(call, info.id, rewinding, files)
                                                      : tell(call, info.id, rewinding, records));
  if (call.options.files && !call.options.json) tell_files(call, files);
  const bool failed = std::ranges::any_of(files, [](const auto& file) { return !file.failure.empty(); });
  return code == 0 && failed ? exit_code_of(ErrorKind::failure) : code;
}

}  // namespace errand::cli
