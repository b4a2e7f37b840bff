#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/session_lines.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_told_lines = 10;

Result<std::string> content_of(const std::string& file) {
  if (file == "-") return read_all(STDIN_FILENO, max_file_bytes);
  return read_file(file);
}

Result<LineFormat> format_of(const SessionArguments& options) {
  const auto name = options.format.value_or("auto");
  if (name == "auto") return LineFormat::automatic;
  if (name == "errand") return LineFormat::errand;
  if (name == "claude-code") return LineFormat::claude_code;
  const std::vector<std::string> known = {"auto", "errand", "claude-code"};
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no format to import", name),
              text::suggest(name, known, "formats"));
}

void tell_skipped(const Globals& globals, const ReadSessions& read) {
  std::size_t told = 0;
  for (const auto& line : read.skipped) {
    if (told++ == max_told_lines) break;
    print_note(globals, fmt::format("warning: line {} is skipped: {}", line.number, line.reason));
  }
  if (read.skipped.size() > max_told_lines) {
    print_note(globals, fmt::format("warning: {} more lines are skipped", read.skipped.size() - max_told_lines));
  }
  if (read.left_out > 0) {
    print_note(globals, fmt::format("{} that hold nothing of the conversation are left out",
                                    text::count_of(read.left_out, "line")));
  }
}

// As import_session() would have it.
store::WholeSession as_imported(store::WholeSession session) {
  if (session.info.status != "idle" && session.info.status != "failed") session.info.status = "interrupted";
  std::int64_t position = 0;
  for (auto& record : session.records) record.position = ++position;
  for (auto& run : session.runs) {
    if (run.state != "ended") run.state = "interrupted";
  }
  return session;
}

struct Taken {
  std::string id;
  bool was_here = false;
};

// A session that is here already is not brought in twice; another one of its id gets an id of its own.
Result<Taken> take(store::Store& store, store::WholeSession session) {
  const auto here = store.find(session.info.id, "");
  if (here) {
    ERRAND_TRY_ASSIGN(auto stored, store.read_whole(session.info.id));
    auto wanted = as_imported(session);
    if (!wanted.info.start.parent.empty() && stored.info.start.parent.empty()) wanted.info.start.parent.clear();
    if (as_imported(std::move(stored)) == wanted) return Taken{session.info.id, true};
    session.info.id = make_uuid7(now());
  }
  // A file is anybody's: it may not do without every question, nor be the newest for ever.
  if (session.info.start.permission_mode == "bypass") session.info.start.permission_mode = "ask";
  session.info.updated = std::min(session.info.updated, now());
  ERRAND_TRY_ASSIGN(const auto made, store.import_session(session));
  return Taken{made.id, false};
}

}  // namespace

// The ids on stdout, one a line.
Result<int> sessions_import(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto format, format_of(call.options));
  ERRAND_TRY_ASSIGN(const auto content, content_of(call.words[0]));
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call, store::OpenMode::create));
  secrets::Redactor redactor;
  learn_secrets(redactor, desk.config);
  auto read = read_session_lines(content, format, redactor);
  const auto& globals = call.invocation.globals;
  tell_skipped(globals, read);
  if (read.sessions.empty()) {
    return fail(ErrorKind::failure, fmt::format("{} holds no session", call.words[0] == "-" ? "stdin" : call.words[0]),
                "it takes JSON lines as \"errand sessions export\" writes them, and transcripts of Claude Code");
  }
  if (call.options.name && read.sessions.size() > 1) {
    return fail(ErrorKind::usage, fmt::format("--name is for one session, and there are {}", read.sessions.size()));
  }
  auto items = Json::array();
  for (auto& session : read.sessions) {
    if (call.options.name) session.info.start.name = redactor.clean(*call.options.name);
    const auto messages = std::ranges::count_if(session.records, [](const auto& r) { return !r.message_id.empty(); });
    ERRAND_TRY_ASSIGN(const auto taken, take(*desk.store, std::move(session)));
    if (taken.was_here)
      print_note(globals, fmt::format("session {} is here already, just as it is in the file", taken.id));
    items.push_back({{"id", taken.id}, {"messages", messages}, {"was_here", taken.was_here}});
    if (!call.options.json) ERRAND_TRY(print_out(taken.id + "\n"));
  }
  if (!call.options.json) return 0;
  return print_json({{"sessions", std::move(items)}, {"skipped_lines", read.skipped.size()}});
}

}  // namespace errand::cli
