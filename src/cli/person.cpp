#include "cli/person.hpp"

#include <unistd.h>

#include "cli/prompt_input.hpp"
#include "repl/terminal_interaction.hpp"

namespace errand::cli {

namespace {

// Clears the line that shows what is running before a question is put.
class RoomMaking final : public chat::Interaction {
 public:
  RoomMaking(RecordReader& lines, Face& face) : terminal_(lines, STDERR_FILENO), face_(face) {}

  [[nodiscard]] bool available() const override { return true; }
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion& question, const Call& call) override {
    face_.make_room();
    return terminal_.approve(question, call);
  }
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>& questions,
                                          const Call& call) override {
    face_.make_room();
    return terminal_.answer(questions, call);
  }

 private:
  repl::TerminalInteraction terminal_;
  Face& face_;
};

bool is_there(const Globals& globals) {
  return !globals.no_input && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
}

}  // namespace

Person::Person(const Globals& globals, Face& face) : lines_(STDIN_FILENO, "\n", max_input_bytes) {
  if (is_there(globals)) {
    interaction_ = std::make_unique<RoomMaking>(lines_, face);
  } else {
    interaction_ = std::make_unique<repl::NobodyThere>();
  }
}

Person::~Person() = default;

}  // namespace errand::cli
