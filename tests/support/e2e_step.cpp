#include "support/e2e_step.hpp"

#include <array>
#include <csignal>
#include <filesystem>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/file.hpp"
#include "support/e2e_events.hpp"

namespace errand::test::e2e {

namespace {

const std::set<std::string> step_keys = {
    "argv",           "stdin",  "env",         "clean_env", "cwd",        "files",
    "stdout",         "stderr", "stdout_json", "events",    "exit",       "requests",
    "send",           "output", "files_after", "capture",   "background", "control_characters",
    "max_file_bytes", "nowhere"};

void add(Failures& out, Failures more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

int signal_named(const std::string& name) {
  if (name == "INT") return SIGINT;
  if (name == "TERM") return SIGTERM;
  if (name == "HUP") return SIGHUP;
  if (name == "KILL") return SIGKILL;
  throw std::runtime_error(fmt::format("there is no signal \"{}\"", name));
}

std::map<std::string, std::string> environment_of(const Json& step, const World& world, const ModelServer& server) {
  std::map<std::string, std::string> out;
  if (!step.value("clean_env", false)) {
    out = world.environment();
    out["ANTHROPIC_API_KEY"] = test_key;
    out["ANTHROPIC_BASE_URL"] = server.url();
  }
  const auto added = step.value("env", Json::object());
  for (const auto& [name, value] : added.items()) {
    if (value.is_null())
      out.erase(name);
    else
      out[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return out;
}

void set_input(ProgramSpec& spec, const Json& given, const World& world) {
  using Input = ProgramSpec::Input;
  if (given.is_null()) return;
  if (given == "closed") {
    spec.stdin_is = Input::closed;
  } else if (given == "open_pipe") {
    spec.stdin_is = Input::open;
  } else if (given.is_object() && given.contains("file")) {
    spec.stdin_is = Input::file;
    spec.input = world.path_of(given.at("file").get<std::string>());
  } else if (given.is_object() && given.contains("text")) {
    spec.stdin_is = given.value("keep_open", false) ? Input::open : Input::text;
    spec.input = given.at("text").get<std::string>();
  } else {
    throw std::runtime_error("stdin is none of null, closed, open_pipe, {text: …}, {file: …}");
  }
}

ProgramSpec spec_of(const Json& step, const World& world, const ModelServer& server) {
  ProgramSpec spec;
  spec.argv = {binary()};
  for (const auto& word : step.value("argv", Json::array())) {
    spec.argv.push_back(word.is_string() ? word.get<std::string>() : word.dump());
  }
  spec.env = as_list(environment_of(step, world, server));
  spec.directory = world.path_of(step.value("cwd", std::string(".")));
  set_input(spec, step.value("stdin", Json()), world);
  const auto output = step.value("output", std::string("captured"));
  if (output == "closed_pipe")
    spec.stdout_is = ProgramSpec::Output::closed_pipe;
  else if (output == "full")
    spec.stdout_is = ProgramSpec::Output::full;
  else if (output == "closed")
    spec.stdout_is = ProgramSpec::Output::closed;
  else if (output != "captured")
    throw std::runtime_error("output is none of captured, closed_pipe, full, closed");
  spec.max_file_bytes = step.value("max_file_bytes", std::size_t{0});
  return spec;
}

// What only a terminal may get.
bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
}

Failures check_clean(std::string_view what, const std::string& text) {
  Failures out;
  if (std::any_of(text.begin(), text.end(), is_control)) {
    out.push_back(fmt::format("{} holds control characters:\n{}", what, visible(text)));
  }
  if (text.find(test_key) != std::string::npos) out.push_back(fmt::format("{} holds the key:\n{}", what, text));
  for (const auto* sanitizer :
       {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:"}) {
    if (text.find(sanitizer) != std::string::npos)
      out.push_back(fmt::format("{} has a sanitizer's report:\n{}", what, text));
  }
  return out;
}

std::string one_captured(const Json& from, const std::string& out) {
  if (from.is_object()) {
    std::string found;
    RE2::PartialMatch(out, from.at("matches").get<std::string>(), &found);
    return found;
  }
  const auto json = Json::parse(out, nullptr, false);
  const auto pointer = Json::json_pointer(from.get<std::string>());
  if (json.is_discarded() || !json.contains(pointer)) return {};
  const auto& value = json.at(pointer);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

StepRun::StepRun(Json step, const World& world, ModelServer& server)
    : step_(std::move(step)), world_(world), server_(server), requests_before_(server.requests()) {
  for (const auto& [key, value] : step_.items()) {
    if (!step_keys.contains(key)) throw std::runtime_error(fmt::format("unknown key \"{}\"", key));
  }
  world_.make_files(step_.value("files", Json::object()));
  program_ = std::make_unique<Program>(spec_of(step_, world_, server_));
  if (step_.contains("send")) actor_ = std::thread([this] { act_when_due(); });
}

StepRun::~StepRun() {
  if (!actor_.joinable()) return;
  program_->send_signal(SIGKILL);
  actor_.join();
}

void StepRun::act_when_due() {
  try {
    for (const auto& action : step_.at("send")) {
      auto failures = wait_until(action.value("when", Json::object()));
      if (!failures.empty()) {
        action_failures_ = std::move(failures);
        return;
      }
      act(action);
    }
  } catch (const std::exception& e) {
    action_failures_ = {e.what()};
  }
}

Failures StepRun::wait_until(const Json& condition) {
  for (const auto& [kind, wanted] : condition.items()) {
    bool reached = false;
    if (kind == "stdout_contains")
      reached = program_->wait_for(Channel::out, wanted.get<std::string>());
    else if (kind == "stderr_contains")
      reached = program_->wait_for(Channel::err, wanted.get<std::string>());
    else if (kind == "requests")
      reached = server_.wait_for_requests(wanted.get<std::size_t>());
    else if (kind == "stalls")
      reached = server_.wait_for_stalls(wanted.get<int>());
    else
      throw std::runtime_error(fmt::format("when: unknown key \"{}\"", kind));
    if (!reached) return {fmt::format("it never came to {}: {}", kind, wanted.dump())};
  }
  return {};
}

void StepRun::act(const Json& action) {
  for (const auto& [kind, value] : action.items()) {
    if (kind == "when") continue;
    if (kind == "signal")
      program_->send_signal(signal_named(value.get<std::string>()));
    else if (kind == "input")
      program_->write_input(value.get<std::string>());
    else if (kind == "close_stdin")
      program_->close_input();
    else
      throw std::runtime_error(fmt::format("send: unknown key \"{}\"", kind));
  }
}

Failures StepRun::finish() {
  exit_ = program_->wait();
  if (actor_.joinable()) actor_.join();
  Failures out;
  if (exit_)
    out = check();
  else
    out.push_back(fmt::format("it did not end within {} s and was killed", Program::patience.count()));
  add(out, action_failures_);
  if (!out.empty()) {
    out.push_back(fmt::format("argv: {}\nstdout:\n{}\nstderr:\n{}", step_.value("argv", Json::array()).dump(),
                              visible(program_->out()), visible(program_->err())));
  }
  return out;
}

Failures StepRun::check() const {
  auto out = check_exit();
  add(out, check_output());
  add(out, check_hygiene());
  add(out, check_files());
  add(out, check_nowhere());
  if (const auto wanted = step_.find("requests"); wanted != step_.end()) {
    const auto made = server_.requests() - requests_before_;
    if (made != wanted->get<std::size_t>())
      out.push_back(fmt::format("it made {} requests, not {}", made, wanted->dump()));
  }
  return out;
}

Failures StepRun::check_exit() const {
  const int code = step_.value("exit", 0);
  const Exit wanted = code < 0 ? Exit{0, -code} : Exit{code, 0};
  if (*exit_ == wanted) return {};
  if (exit_->signal != 0)
    return {fmt::format("it was ended by signal {}, not with exit {}", exit_->signal, wanted.code)};
  return {fmt::format("the exit code is {}, not {}", exit_->code, wanted.code)};
}

Failures StepRun::check_output() const {
  Failures out;
  const auto text = program_->out();
  if (const auto wanted = step_.find("stdout"); wanted != step_.end()) add(out, check_text("stdout", *wanted, text));
  if (const auto wanted = step_.find("stderr"); wanted != step_.end())
    add(out, check_text("stderr", *wanted, program_->err()));
  if (const auto wanted = step_.find("stdout_json"); wanted != step_.end()) {
    const auto json = Json::parse(text, nullptr, false);
    if (json.is_discarded())
      out.emplace_back("stdout is no JSON");
    else
      add(out, check_json("stdout", *wanted, json));
  }
  if (const auto wanted = step_.find("events"); wanted != step_.end()) {
    add(out, mistakes_in_events(text));
    add(out, check_events(*wanted, text));
  }
  return out;
}

Failures StepRun::check_hygiene() const {
  if (step_.value("control_characters", false)) return {};
  auto out = check_clean("stdout", program_->out());
  add(out, check_clean("stderr", program_->err()));
  return out;
}

Failures StepRun::check_files() const {
  Failures out;
  const auto files = step_.value("files_after", Json::object());
  for (const auto& [name, wanted] : files.items()) {
    const auto path = world_.path_of(name);
    if (wanted.is_null()) {
      if (path_exists(path)) out.push_back(name + " is there");
      continue;
    }
    const auto content = read_file(path);
    add(out, content ? check_text(name, wanted, *content) : Failures{content.error().message});
  }
  return out;
}

// Neither on stdout and stderr nor in any file of the data directory, the database and what it keeps beside it
// included.
Failures StepRun::check_nowhere() const {
  std::vector<std::pair<std::string, std::string>> places = {{"stdout", program_->out()}, {"stderr", program_->err()}};
  std::error_code none;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(world_.data(), none)) {
    if (entry.is_regular_file())
      places.emplace_back(entry.path().string(), read_file(entry.path().string()).value_or(""));
  }
  Failures out;
  for (const auto& text : step_.value("nowhere", std::vector<std::string>())) {
    for (const auto& [place, content] : places) {
      if (content.find(text) != std::string::npos) out.push_back(fmt::format("\"{}\" is in {}", text, place));
    }
  }
  return out;
}

Failures StepRun::capture(Variables& variables) const {
  Failures out;
  const auto wanted = step_.value("capture", Json::object());
  for (const auto& [name, from] : wanted.items()) {
    variables[name] = one_captured(from, program_->out());
    if (variables[name].empty()) out.push_back(fmt::format("there is nothing to capture as {}: {}", name, from.dump()));
  }
  return out;
}

}  // namespace errand::test::e2e
