#include <algorithm>

#include <sys/resource.h>

#include "base/process.hpp"

namespace errand {

bool set_limit(const ResourceLimit& limit) {
  const auto resource = static_cast<__rlimit_resource>(limit.resource);
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return false;
  now.rlim_cur = std::min<rlim_t>(limit.soft, now.rlim_max);
  now.rlim_max = std::min<rlim_t>(limit.hard, now.rlim_max);
  return ::setrlimit(resource, &now) == 0;
}

}  // namespace errand
