#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/json.hpp"
#include "support/e2e_check.hpp"
#include "support/e2e_model_server.hpp"
#include "support/e2e_program.hpp"
#include "support/e2e_world.hpp"

namespace errand::test::e2e {

/// One start of the program within a case: begun, acted upon, waited for, checked.
class StepRun {
 public:
  /// Starts it. `step` has its variables put in already.
  StepRun(Json step, const World& world, ModelServer& server);
  StepRun(const StepRun&) = delete;
  StepRun& operator=(const StepRun&) = delete;
  ~StepRun();

  /// Waits until `condition` (as under `when` of a case) holds.
  Failures wait_until(const Json& condition);
  /// Does what an entry of `send` says, without its condition.
  void act(const Json& action);
  /// Waits for its end and holds it against what the step expects.
  Failures finish();
  /// Adds what `capture` takes from the output; after finish().
  Failures capture(Variables& variables) const;

 private:
  void act_when_due();
  Failures check() const;
  Failures check_exit() const;
  Failures check_output() const;
  Failures check_hygiene() const;
  Failures check_files() const;
  Failures check_nowhere() const;

  Json step_;
  const World& world_;
  ModelServer& server_;
  std::size_t requests_before_;
  std::optional<Exit> exit_;
  Failures action_failures_;  // of the actor_, read once it has ended
  std::unique_ptr<Program> program_;
  std::thread actor_;
};

}  // namespace errand::test::e2e
