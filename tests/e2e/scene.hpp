#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/json_fwd.hpp"
#include "support/e2e_model_server.hpp"
#include "support/e2e_program.hpp"
#include "support/e2e_world.hpp"

namespace errand::test::e2e {

/// A project, a scripted agent that uses every kind of tool, and runs of it that can be disturbed.
class Scene {
 public:
  Scene();

  /// The program with these arguments.
  [[nodiscard]] ProgramSpec program(std::vector<std::string> argv) const;
  /// Its long run, telling every event.
  [[nodiscard]] ProgramSpec work() const;
  /// How many lines that says when nothing disturbs it.
  [[nodiscard]] std::size_t undisturbed_lines() const;

  /// Kills a run once it has said `lines` lines and some time has passed; returns the whole lines it said.
  [[nodiscard]] std::vector<std::string> killed_after(std::size_t lines, std::chrono::microseconds more) const;

  /// What a command prints as JSON, or in all; it must succeed.
  [[nodiscard]] Json answer_of(const std::vector<std::string>& argv) const;
  std::string output_of(const std::vector<std::string>& argv) const;

  /// The newest session takes another prompt.
  void go_on() const;

  [[nodiscard]] const World& world() const { return world_; }

 private:
  World world_;
  ModelServer server_;
};

/// What a run said before it was cut, by session: its own and its subagents'.
struct Said {
  std::string session;  ///< the root's; empty: nothing was acknowledged
  bool ended = false;
  std::map<std::string, std::vector<Json>> lasting;
};
Said read_lines(const std::vector<std::string>& lines);

/// All the events are among the records, in order: whole but for the fields of the stream itself.
void check_kept(const std::vector<Json>& said, const Json& records);

/// `sessions show --json`.
Json records_of(const Scene& scene, const std::string& session);

/// The number in an environment variable.
int number_in(const char* variable, int otherwise);

}  // namespace errand::test::e2e
