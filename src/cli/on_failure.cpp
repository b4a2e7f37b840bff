#include "cli/on_failure.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"

namespace errand::cli {

namespace {

// What a command writes is for people, and may be a page of them.
constexpr std::size_t max_output_bytes = std::size_t{64} << 20U;

std::vector<std::string> environment(const std::vector<std::pair<std::string, std::string>>& own) {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool replaced = std::ranges::any_of(own, [&](const auto& one) { return text.starts_with(one.first + "="); });
    if (!replaced) out.emplace_back(text);
  }
  for (const auto& [name, value] : own) out.push_back(fmt::format("{}={}", name, value));
  return out;
}

Result<Finished> start(const std::string& command, std::vector<std::string> env, const std::string& message,
                       const Call& call) {
  ERRAND_TRY_ASSIGN(const auto input, memory_file(message));
  return run_process(
      {.argv = {"/bin/sh", "-c", command},
       .env = std::move(env),
       .stdin_fd = input.get(),
       .merge_stderr = true,
       .max_output_bytes = max_output_bytes},
      [](OutputStream, std::string_view bytes) {
        if (!write_all(STDERR_FILENO, bytes)) return;  // there is nobody left to tell
      },
      call);
}

}  // namespace

void OnFailure::on_event(const chat::Event& event) {
  const bool is_root = event.agent_path == "root";
  if (const auto* ready = std::get_if<chat::event::Ready>(&event.body); ready != nullptr && is_root) {
    agent_ = ready->agent_id;
  }
  const auto* const done = std::get_if<chat::event::Done>(&event.body);
  if (done != nullptr && is_root) {
    if (counts_ == Counts::last) failed_.reset();
    if (done->error && !failed_) failed_ = Failed{event.session, event.run, agent_, *done->error};
  }
  next_.on_event(event);
}

OnFailure::Failed OnFailure::failed_as(const Result<int>& ended) const {
  if (!ended) return {"", "", agent_, ended.error()};
  if (failed_) return *failed_;
  // No run failed, but what it brought could not be handed on.
  return {"", "", agent_, {.kind = ErrorKind::cancelled, .message = fmt::format("ended with exit code {}", *ended)}};
}

void OnFailure::after(const Result<int>& ended, const Globals& globals, Signals& signals) const {
  const int code = ended ? *ended : exit_code_of(ended.error().kind);
  if (!command_ || code == exit_success) return;
  const auto failed = failed_as(ended);
  const auto last = Call{.stop = signals.begin_last()}.within(time_limit);
  const auto finished = start(*command_,
                              environment({{"ERRAND_EXIT", std::to_string(code)},
                                           {"ERRAND_ERROR_KIND", std::string(name_of(failed.error.kind))},
                                           {"ERRAND_AGENT", failed.agent},
                                           {"ERRAND_SESSION", failed.session},
                                           {"ERRAND_RUN", failed.run}}),
                              error_text(failed.error), last);
  if (!finished) {
    print_note(globals, fmt::format("warning: --on-fail did not end well: {}", finished.error().message));
  } else if (finished->exit_code != 0) {
    print_note(globals, fmt::format("warning: --on-fail ended with exit code {}", finished->exit_code));
  }
}

}  // namespace errand::cli
