#include "cli/main.hpp"

#include <exception>
#include <string>
#include <vector>

/// Reads argv, hands it to the command line and returns its exit code.
int main(int argc, char** argv) {
  try {
    return errand::cli::run_main({argv, argv + argc});
  } catch (const std::exception& e) {
    return errand::cli::report_bug(e.what());
  }
}
