#include "support/e2e_case.hpp"

#include <memory>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "support/e2e_model_server.hpp"
#include "support/e2e_step.hpp"
#include "support/e2e_world.hpp"

namespace errand::test::e2e {

namespace {

// Keys of the case; all others are the keys of its only step.
const std::set<std::string> case_keys = {"about", "files", "server", "protocol", "steps", "env"};

// Each step has the case's environment; what it says itself counts.
Json with_environment(Json steps, const Json& environment) {
  for (auto& step : steps) {
    auto own = environment;
    if (const auto given = step.find("env"); given != step.end()) own.update(*given);
    step["env"] = std::move(own);
  }
  return steps;
}

Json steps_of(const Json& body) {
  if (const auto steps = body.find("steps"); steps != body.end()) {
    for (const auto& [key, value] : body.items()) {
      if (!case_keys.contains(key)) throw std::runtime_error(fmt::format("beside steps: unknown key \"{}\"", key));
    }
    return with_environment(*steps, body.value("env", Json::object()));
  }
  auto only = body;
  for (const auto& key : case_keys) {
    if (key != "env") only.erase(key);
  }
  return Json::array({only});
}

Protocol protocol_of(const Json& body) {
  const auto name = body.value("protocol", std::string("anthropic"));
  if (name == "anthropic") return Protocol::anthropic;
  if (name == "gemini") return Protocol::gemini;
  if (name == "openai_chat") return Protocol::openai_chat;
  if (name == "openai_responses") return Protocol::openai_responses;
  throw std::runtime_error(fmt::format("there is no protocol \"{}\"", name));
}

void add(Failures& out, std::string_view where, Failures more) {
  for (auto& failure : more) out.push_back(fmt::format("{}{}", where, failure));
}

// A case in play: its directories, its server, and the programs it started.
class Play {
 public:
  explicit Play(const Json& body) : variables_(world_.variables()) {
    variables_["server"] = server_.url();
    const auto expanded_body = expanded(body, variables_);
    auto files = expanded_body.value("files", Json::object());
    if (!files.contains("agents.yaml")) files["agents.yaml"] = helper_agent();
    world_.make_files(files);
    server_.serve(protocol_of(expanded_body), expanded_body.value("server", Json::array()));
    steps_ = steps_of(expanded_body);
  }

  Failures go() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const auto where = steps_.size() == 1 ? std::string() : fmt::format("step {}: ", i + 1);
      if (!take(steps_[i], where)) break;  // the steps after it build on it
    }
    end_background();
    add(failures_, "", server_.failures());
    if (failures_.empty()) add(failures_, "", server_.unused());
    return std::move(failures_);
  }

 private:
  bool take(const Json& written, const std::string& where) {
    auto run = std::make_unique<StepRun>(expanded(written, variables_), world_, server_);
    if (const auto background = written.find("background"); background != written.end()) {
      add(failures_, where, run->wait_until(background->at("until")));
      background_ = std::move(run);
      background_end_ = background->value("then", Json::object());
      return failures_.empty();
    }
    add(failures_, where, run->finish());
    if (failures_.empty()) add(failures_, where, run->capture(variables_));
    server_.define(variables_);
    return failures_.empty();
  }

  void end_background() {
    if (!background_) return;
    background_->act(background_end_);
    add(failures_, "background step: ", background_->finish());
  }

  World world_;
  ModelServer server_;
  Variables variables_;
  Json steps_;
  std::unique_ptr<StepRun> background_;
  Json background_end_;
  Failures failures_;
};

}  // namespace

Failures run_case(const Case& test) {
  return Play(test.body).go();
}

}  // namespace errand::test::e2e
