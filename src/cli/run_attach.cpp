#include "cli/run_attach.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/pause.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/output.hpp"
#include "cli/run_stop.hpp"

namespace errand::cli {

namespace {

// A file that somebody else writes, handed on as it grows: byte for byte, but to a terminal in whole lines and
// harmless.
class Tail {
 public:
  Tail(const std::string& path, int to)
      : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)), to_(to), harmless_(::isatty(to) != 0) {}

  [[nodiscard]] bool is_there() const { return file_.valid(); }
  [[nodiscard]] int fd() const { return file_.get(); }

  Result<void> hand_on() {
    std::array<char, 65536> buffer{};
    while (file_) {
      const auto got = ::read(file_.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno(ErrorKind::storage, "can't read what the run wrote", errno);
      if (got == 0) return {};
      held_.append(buffer.data(), static_cast<std::size_t>(got));
      ERRAND_TRY(write(harmless_ ? held_.rfind('\n') + 1 : held_.size()));
    }
    return {};
  }

  Result<void> end() {
    ERRAND_TRY(hand_on());
    return write(held_.size());
  }

 private:
  Result<void> write(std::size_t bytes) {
    const auto text = harmless_ ? unicode::sanitize(held_.substr(0, bytes)) : held_.substr(0, bytes);
    held_.erase(0, bytes);
    return write_all(to_, text);
  }

  Fd file_;
  int to_;
  bool harmless_;
  std::string held_;
};

// The records of a run that nobody wrote down: calls and warnings as notes, the answer once it is there.
class Records {
 public:
  Records(store::RunJournal& journal, const store::RunInfo& run, const Globals& globals)
      : journal_(journal), run_(run), globals_(globals) {}

  Result<void> hand_on() {
    ERRAND_TRY_ASSIGN(const auto records, journal_.records_of(run_, after_));
    for (const auto& record : records) {
      after_ = record.position;
      const auto body = Json::parse(record.json, nullptr, false);
      if (!body.is_object()) continue;
      if (record.type == "tool_use") print_note(globals_, "* " + string_at(body, "summary"));
      if (record.type == "warning") print_note(globals_, "warning: " + string_at(body, "message"));
      if (record.type == "error") print_note(globals_, "error: " + string_at(body, "message"));
      if (record.type == "done") answer_ = string_at(body, "result");
    }
    return {};
  }

  [[nodiscard]] Result<int> print_answer() const {
    if (answer_.empty()) return exit_success;
    const auto text = ::isatty(STDOUT_FILENO) != 0 ? unicode::sanitize(answer_) : answer_;
    return print_out(text.ends_with('\n') ? text : text + "\n");
  }

 private:
  store::RunJournal& journal_;
  const store::RunInfo& run_;
  const Globals& globals_;
  std::int64_t after_ = 0;
  std::string answer_;
};

Result<int> exit_of(const store::RunInfo& run) {
  if (run.exit_code) return *run.exit_code;
  return fail(ErrorKind::failure, fmt::format("run {} was interrupted: its process died", run.id),
              fmt::format("what was said is kept; go on with \"errand run -r {}\"", run.session));
}

// Look first, then read: what a run wrote before it ended is read by the last round.
template <class HandOn>
Result<store::RunInfo> follow(store::RunJournal& journal, const store::RunInfo& run, const Call& call,
                              HandOn&& hand_on) {
  while (true) {
    ERRAND_TRY_ASSIGN(auto current, journal.find_run(run.id));
    ERRAND_TRY(hand_on());
    if (current.state != "running") return current;
    ERRAND_TRY(pause_for(look_every, call));
  }
}

// A run that is stored as ended may still be writing its answer: it has its output locked until it leaves.
Result<void> wait_for_writer(int fd, const Call& call) {
  while (::flock(fd, LOCK_SH | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno(ErrorKind::storage, "can't lock its output", errno);
    ERRAND_TRY(pause_for(look_every, call));
  }
  return {};
}

}  // namespace

RunOutput output_of(const std::string& files_directory, const std::string& run) {
  return {join_path(files_directory, run + ".out"), join_path(files_directory, run + ".err")};
}

Result<int> attach_run(store::Store& store, const store::RunInfo& run, const Globals& globals, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto directory, store.files_directory(run.session));
  const auto paths = output_of(directory, run.id);
  Tail out(paths.out, STDOUT_FILENO);
  Tail err(paths.err, STDERR_FILENO);
  if (out.is_there()) {
    const auto both = [&]() -> Result<void> {
      ERRAND_TRY(err.hand_on());
      return out.hand_on();
    };
    ERRAND_TRY_ASSIGN(const auto ended, follow(store, run, call, both));
    ERRAND_TRY(wait_for_writer(out.fd(), call));
    ERRAND_TRY(err.end());
    ERRAND_TRY(out.end());
    return exit_of(ended);
  }
  Records records(store, run, globals);
  ERRAND_TRY_ASSIGN(const auto ended, follow(store, run, call, [&] { return records.hand_on(); }));
  ERRAND_TRY_ASSIGN(const int printed, records.print_answer());
  return printed == exit_success ? exit_of(ended) : Result<int>(printed);
}

}  // namespace errand::cli
