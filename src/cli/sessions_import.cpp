#include <algorithm>
#include <cerrno>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/session_files.hpp"
#include "cli/session_reader.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_told_lines = 10;

// What is imported, read as it is needed: an export may be larger than memory.
Result<Fd> open_input(const std::string& file) {
  if (file == "-") return duplicate(STDIN_FILENO);
  if (is_directory(file)) return fail(ErrorKind::failure, fmt::format("can't read {}: it is a directory", file));
  Fd input(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!input) return fail_errno(ErrorKind::failure, fmt::format("can't read {}", file), errno);
  return input;
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

void tell_skipped(const Globals& globals, const SessionReader& reader) {
  std::size_t told = 0;
  for (const auto& line : reader.skipped()) {
    if (told == max_told_lines) break;
    ++told;
    print_note(globals, fmt::format("warning: line {} is skipped: {}", line.number, line.reason));
  }
  if (reader.skipped_count() > told) {
    print_note(globals, fmt::format("warning: {} more lines are skipped", reader.skipped_count() - told));
  }
  if (reader.left_out() > 0) {
    print_note(globals, fmt::format("{} that hold nothing of the conversation are left out",
                                    text::count_of(reader.left_out(), "line")));
  }
}

// As import_session() would have it, and take() leaves it.
store::WholeSession as_imported(store::WholeSession session) {
  if (session.info.status != "idle" && session.info.status != "failed") session.info.status = "interrupted";
  if (session.info.start.permission_mode == "bypass") session.info.start.permission_mode = "ask";
  session.info.runs = static_cast<int>(session.runs.size());
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

// Brings the sessions of one file in. Which is whose parent, the file says of its own sessions alone: it may be
// anybody's, and could hang its sessions below one that is here.
class Family {
 public:
  explicit Family(store::Store& store) : store_(store) {}

  // A session that is here already is not brought in twice; another one of its id gets an id of its own, and its
  // children, which come behind it, a copy below that.
  Result<Taken> take(store::WholeSession session) {
    const auto in_file = session.info.id;
    const auto parent = ids_.find(session.info.start.parent);
    const bool is_child = parent != ids_.end();
    session.info.start.parent = is_child ? parent->second : std::string();
    if (store_.find(in_file, "")) {
      ERRAND_TRY_ASSIGN(auto stored, store_.read_whole(in_file));
      auto wanted = as_imported(session);
      if (!is_child) wanted.info.start.parent = stored.info.start.parent;
      if (as_imported(std::move(stored)) == wanted) return became(in_file, {in_file, true});
      session.info.id = make_uuid7(now());
    }
    if (const auto origin = ids_.find(session.info.forked_from); origin != ids_.end()) {
      session.info.forked_from = origin->second;
    }
    // It may not do without every question, nor be the newest for ever.
    if (session.info.start.permission_mode == "bypass") session.info.start.permission_mode = "ask";
    session.info.updated = std::min(session.info.updated, now());
    ERRAND_TRY_ASSIGN(const auto made, store_.import_session(session));
    return became(in_file, {made.id, false});
  }

 private:
  Taken became(const std::string& in_file, Taken taken) {
    ids_.insert_or_assign(in_file, taken.id);
    return taken;
  }

  store::Store& store_;
  std::map<std::string, std::string> ids_;  // what a session of the file is called here
};

class Import {
 public:
  Import(const SessionCall& call, const SessionDesk& desk, const secrets::Redactor& secrets, SessionReader& reader)
      : call_(call), desk_(desk), secrets_(secrets), reader_(reader), family_(*desk.store) {}

  Result<int> run() {
    auto done = take_all();
    tell_skipped(globals(), reader_);
    if (!done) return fail(std::move(done).error());
    if (items_.empty()) {
      return fail(
          ErrorKind::failure, fmt::format("{} holds no session", file() == "-" ? "stdin" : file()),
          "it takes JSON lines and json as \"errand sessions export\" writes them, and transcripts of Claude Code");
    }
    if (!call_.options.json) return 0;
    return print_json({{"sessions", std::move(items_)}, {"skipped_lines", reader_.skipped_count()}});
  }

 private:
  [[nodiscard]] const Globals& globals() const { return call_.invocation.globals; }
  [[nodiscard]] const std::string& file() const { return call_.words[0]; }

  Result<void> take_all() {
    ERRAND_TRY_ASSIGN(auto read, reader_.next());
    if (read && call_.options.name) {
      ERRAND_TRY_ASSIGN(const auto second, reader_.next());
      if (second) return fail(ErrorKind::usage, "--name is for one session, and there are several");
      read->session.info.start.name = secrets_.clean(*call_.options.name);
    }
    while (read) {
      ERRAND_TRY(take_one(*std::move(read)));
      ERRAND_TRY_ASSIGN(read, reader_.next());
    }
    return {};
  }

  Result<void> take_one(ReadSession read) {
    auto& session = read.session;
    in_file_ = session.info.id;
    const auto messages = std::ranges::count_if(session.records, [](const auto& r) { return !r.message_id.empty(); });
    ERRAND_TRY_ASSIGN(const auto taken, family_.take(std::move(session)));
    if (taken.was_here)
      print_note(globals(), fmt::format("session {} is here already, just as it is in the file", taken.id));
    ERRAND_TRY(take_files(read, taken.id));
    items_.push_back({{"id", taken.id}, {"messages", messages}, {"was_here", taken.was_here}});
    if (call_.options.json) return {};
    return print_line(taken.id);
  }

  // Of a session that is here already too: the last try may have ended before its files came.
  Result<void> take_files(const ReadSession& read, const std::string& id) {
    if (read.files.empty()) return {};
    const auto from = file() == "-" ? "" : archived_files(parent_path(file()), in_file_, read.files);
    if (from.empty()) {
      print_note(globals(),
                 fmt::format("note: {} of session {} {} not beside {}", text::count_of(read.files.size(), "file"), id,
                             read.files.size() == 1 ? "is" : "are", file() == "-" ? "stdin" : file()));
      return {};
    }
    ERRAND_TRY_ASSIGN(const auto to, desk_.store->files_directory(id));
    return bring_files(from, to, read.files);
  }

  static Result<void> print_line(const std::string& text) {
    ERRAND_TRY(print_out(text + "\n"));
    return {};
  }

  const SessionCall& call_;
  const SessionDesk& desk_;
  const secrets::Redactor& secrets_;
  SessionReader& reader_;
  Family family_;
  std::string in_file_;  // what the session that is being taken is called there
  Json items_ = Json::array();
};

}  // namespace

// The ids on stdout, one a line, as each is in the store.
Result<int> sessions_import(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto format, format_of(call.options));
  ERRAND_TRY_ASSIGN(const auto input, open_input(call.words[0]));
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call, store::OpenMode::create));
  secrets::Redactor redactor;
  learn_secrets(redactor, desk.config);
  FdLines lines(input.get(), max_session_line_bytes);
  SessionReader reader(lines, format, redactor);
  return Import(call, desk, redactor, reader).run();
}

}  // namespace errand::cli
