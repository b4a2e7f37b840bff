#include "cli/main.hpp"

#include <exception>
#include <string>
#include <vector>

#include "sandbox/inner.hpp"

/// Reads argv, hands it to the command line and returns its exit code. Inside a sandbox it is the second stage instead,
/// which becomes the command.
int main(int argc, char** argv) {
  if (const auto ended = errand::sandbox::run_inner(argc, argv)) return *ended;
  try {
    return errand::cli::run_main({argv, argv + argc});
  } catch (const std::exception& e) {
    return errand::cli::report_bug(e.what());
  }
}
