module fireline.dev/bed/foreign

go 1.25.0

require (
	github.com/envoyproxy/gateway v1.7.0
	github.com/kedacore/keda/v2 v2.20.2
	sigs.k8s.io/gateway-api v1.4.1
)
