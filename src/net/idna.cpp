#include "net/idna.hpp"

#include <memory>

#include <dlfcn.h>
#include <idn2.h>

namespace errand::net {

namespace {

constexpr const char* library_name = "libidn2.so.0";

struct Idn2 {
  decltype(&idn2_to_ascii_8z) to_ascii = nullptr;
  decltype(&idn2_free) free = nullptr;
};

// Never closed. Linked, it and its tables would cost every start of the program.
Idn2 load() {
  void* const library = ::dlopen(library_name, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return {};
  Idn2 out;
  out.to_ascii = reinterpret_cast<decltype(out.to_ascii)>(::dlsym(library, "idn2_to_ascii_8z"));
  out.free = reinterpret_cast<decltype(out.free)>(::dlsym(library, "idn2_free"));
  return out;
}

}  // namespace

Result<std::string> to_a_labels(std::string_view name) {
  static const Idn2 idn2 = load();
  if (idn2.to_ascii == nullptr || idn2.free == nullptr) {
    return fail(ErrorKind::failure, "names beyond ASCII need libidn2, which can't be loaded",
                "install libidn2 (Debian: libidn2-0), or write the name as xn--…");
  }
  char* raw = nullptr;
  const int code = idn2.to_ascii(std::string(name).c_str(), &raw, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  const std::unique_ptr<char, decltype(idn2.free)> owned(raw, idn2.free);
  if (code != IDN2_OK || raw == nullptr) return fail(ErrorKind::denied, "it is no internationalised domain name");
  return std::string(raw);
}

}  // namespace errand::net
